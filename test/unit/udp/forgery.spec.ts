/* eslint-disable no-bitwise -- bits are turned on purpose */
import { expect } from 'chai';

import { CLOSE } from '../../../src/transports/udp/wire/frames.js';
import {
	closeFrame,
	pathFrame,
	writeAck,
} from '../../../src/transports/udp/wire/encode-frames.js';
import {
	exportedKeys,
	handshakeKeys,
} from '../../../src/transports/udp/wire/keys.js';
import {
	encodeAnswer,
	encodeReset,
} from '../../../src/transports/udp/wire/keyless.js';
import {
	writeHandshakeHeader,
	writeShortHeader,
} from '../../../src/transports/udp/wire/packet.js';
import { key } from '../../support/udp-network.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';

/** A pair that is confirmed and idle, and everything that went over the wire until then. */
function established(bulkBytes = 0) {
	const seed = freshSeed();
	const pair = makePair({
		seed,
		bulkBytes,
		finishes: false,
		faults: { delayMs: 10 },
	});
	const wire: Array<{ datagram: Buffer; toServer: boolean }> = [];
	pair.network.onSend = ({ datagram, to }) => {
		wire.push({
			datagram: Buffer.from(datagram),
			toServer: key(to) === key(SERVER),
		});
	};
	pair.network.runFor(2000);
	expect(pair.client.isConfirmed && pair.server.isConfirmed).to.equal(true);
	return { ...pair, wire, replay: `replay with SEED=${seed}` };
}

type Established = ReturnType<typeof established>;

/** What must not change through a packet that is not authentic. */
function stateOf({ client, server }: Established) {
	return [client, server].map((end) => ({
		ended: end.ended,
		path: key(end.paths.active),
		largest: end.acks.received.largest,
		held: end.receiving.heldBytes,
		inFlight: end.recovery.bytesInFlight,
		deadline: end.deadlineMs(),
		limit: end.sending.limit,
	}));
}

/** Gives both ends a datagram, and expects that it changes nothing but the counters. */
function expectNothing(
	pair: Established,
	datagram: Buffer,
	why?: 'mac' | 'epoch' | 'malformed',
): void {
	const before = stateOf(pair);
	const drops = () =>
		[pair.client, pair.server].map(({ stats }) =>
			why ? stats.dropped[why] : 0,
		);
	const dropsBefore = drops();
	for (const [end, from] of [
		[pair.client, SERVER],
		[pair.server, CLIENT],
		[pair.server, { address: '203.0.113.9', port: 1 }],
	] as const) {
		end.receive(Buffer.from(datagram), from, pair.network.nowMs);
	}
	expect(stateOf(pair), pair.replay).to.deep.equal(before);
	if (why) {
		expect(drops(), pair.replay).to.deep.equal([
			dropsBefore[0]! + 1,
			dropsBefore[1]! + 2,
		]);
	}
}

const short = (
	to: Buffer,
	packetNumber: number,
	frames: Buffer,
	sealKey = Buffer.alloc(64, 9),
) => {
	const datagram = Buffer.alloc(1200);
	const framesAt = writeShortHeader(datagram, to, packetNumber);
	const end = framesAt + frames.copy(datagram, framesAt);
	const { seal } = exportedKeys('client', sealKey);
	return seal.seal(datagram, framesAt, end, packetNumber);
};

const ackFrame = (high: number) => {
	const frame = Buffer.alloc(18);
	writeAck(frame, 0, [{ low: high, high }], 0, 2 ** 40);
	return frame;
};

describe('a packet that is not authentic changes nothing', () => {
	it('random bytes', () => {
		const pair = established();
		for (const length of [0, 1, 29, 30, 31, 200, 1200, 1201]) {
			expectNothing(pair, pair.ids.randomBytes(length));
		}
	});

	it('a CLOSE, an ACK or a PATH_CHALLENGE under a guessed key, with the right ID and the next number', () => {
		const pair = established();
		for (const to of [pair.ids.clientId, pair.ids.serverId]) {
			for (const frame of [
				closeFrame(CLOSE.aborted),
				ackFrame(0),
				ackFrame(2 ** 31),
				pathFrame('path-challenge', Buffer.alloc(8)),
			]) {
				const forged = short(to, 1000, frame);
				const before = stateOf(pair);
				pair.client.receive(forged, SERVER, pair.network.nowMs);
				pair.server.receive(forged, CLIENT, pair.network.nowMs);
				expect(stateOf(pair), pair.replay).to.deep.equal(before);
			}
		}
		expect(pair.server.stats.dropped.mac).to.equal(8);
		expect(pair.client.stats.dropped.mac).to.equal(4);
	});

	it('every packet so far with any one bit turned', () => {
		const pair = established();
		for (const { datagram } of pair.wire) {
			for (let run = 0; run < 20; run++) {
				const copy = Buffer.from(datagram);
				copy[Math.floor(pair.random() * copy.length)]! ^=
					1 << Math.floor(pair.random() * 8);
				expectNothing(pair, copy);
			}
		}
	});

	it('every packet so far, cut short anywhere', () => {
		const pair = established();
		for (const { datagram } of pair.wire) {
			for (
				let length = 0;
				length < datagram.length;
				length += 1 + Math.floor(pair.random() * 40)
			) {
				expectNothing(pair, datagram.subarray(0, length));
			}
		}
	});

	it('a packet of epoch 0, even one whose key an eavesdropper computed', () => {
		const pair = established();
		const { clientId, serverId, token } = pair.ids;
		for (const [role, to, from, target] of [
			['client', serverId, clientId, pair.server],
			['server', clientId, serverId, pair.client],
		] as const) {
			const datagram = Buffer.alloc(1200);
			const framesAt = writeHandshakeHeader(datagram, to, from, 5000);
			const end = framesAt + closeFrame(CLOSE.aborted).copy(datagram, framesAt);
			const forged = handshakeKeys(role, clientId, serverId, token).seal.seal(
				datagram,
				framesAt,
				end,
				5000,
			);
			const before = stateOf(pair);
			target.receive(
				forged,
				role === 'client' ? CLIENT : SERVER,
				pair.network.nowMs,
			);
			expect(target.stats.dropped.epoch, pair.replay).to.equal(1);
			expect(stateOf(pair), pair.replay).to.deep.equal(before);
		}
	});

	it('every packet so far, thrown back at its sender', () => {
		const pair = established(50_000);
		for (const { datagram, toServer } of pair.wire) {
			const before = stateOf(pair);
			const sender = toServer ? pair.client : pair.server;
			sender.receive(
				Buffer.from(datagram),
				toServer ? SERVER : CLIENT,
				pair.network.nowMs,
			);
			expect(stateOf(pair), pair.replay).to.deep.equal(before);
		}
	});

	it('RETRY, BUSY and VERSION with the right ID and nonce: once the node has been heard they are overheard', () => {
		const pair = established();
		const { clientId, nonce, serverId, token } = pair.ids;
		for (const answer of [
			{ type: 'retry', clientId, nonce, serverId: Buffer.alloc(8, 1), token },
			{ type: 'retry', clientId, nonce, serverId, token },
			{ type: 'busy', clientId, nonce, retryAfterSeconds: 300 },
			{ type: 'version', clientId, nonce, versions: [9] },
		] as const) {
			expectNothing(pair, encodeAnswer(answer));
		}
	});

	it('RETRY, BUSY and VERSION before the node has been heard, with a wrong ID or nonce', () => {
		const pair = makePair({ seed: freshSeed(), client: { resumed: true } });
		const { client } = pair;
		const { clientId, nonce, serverId, token } = pair.ids;
		const wrong = Buffer.alloc(8, 5);
		for (const ours of [
			{ clientId, nonce: wrong },
			{ clientId: wrong, nonce },
		]) {
			for (const answer of [
				{ type: 'retry', ...ours, serverId: Buffer.alloc(8, 1), token },
				{ type: 'busy', ...ours, retryAfterSeconds: 300 },
				{ type: 'version', ...ours, versions: [9] },
			] as const) {
				client.receive(encodeAnswer(answer), SERVER, 0);
			}
		}
		expect(client.ended).to.equal(undefined);
		expect(client.serverId.equals(serverId)).to.equal(true);
		expect(client.stats.dropped.malformed).to.equal(6);
	});

	it('a RESET with any proof but the one that was told under epoch 1', () => {
		const pair = established();
		expectNothing(pair, encodeReset(pair.ids.serverId, Buffer.alloc(16)));
		const proof = pair.server.options.resetToken!;
		expectNothing(pair, encodeReset(pair.ids.clientId, proof));
		pair.client.receive(
			encodeReset(pair.ids.serverId, proof),
			SERVER,
			pair.network.nowMs,
		);
		expect(pair.client.ended).to.deep.equal({ reason: 'reset' });
	});

	it('a replayed packet moves nothing and costs at most one ACK', () => {
		const pair = established(50_000);
		const sentBefore = pair.server.stats.sent;
		const duplicatesBefore = pair.server.stats.dropped.duplicate;
		const replayed = pair.wire.filter(
			({ datagram, toServer }) => toServer && datagram[0]! < 0x80,
		);
		const { held, largest } = {
			held: pair.server.receiving.heldBytes,
			largest: pair.server.acks.received.largest,
		};
		const attacker = { address: '203.0.113.9', port: 1 };
		for (const { datagram } of replayed) {
			pair.server.receive(Buffer.from(datagram), attacker, pair.network.nowMs);
			pair.server.flush(pair.network.nowMs, (_datagram, to) => {
				expect(key(to), pair.replay).to.equal(key(CLIENT));
			});
		}
		expect(pair.server.stats.dropped.duplicate - duplicatesBefore).to.equal(
			replayed.length,
		);
		expect(pair.server.stats.sent - sentBefore).to.be.at.most(replayed.length);
		expect(pair.server.receiving.heldBytes).to.equal(held);
		expect(pair.server.acks.received.largest).to.equal(largest);
		expect(key(pair.server.paths.active)).to.equal(key(CLIENT));
		expect(pair.server.paths.deadlineMs).to.equal(Infinity);
	});
});

describe('a peer that holds the keys and breaks the rules', () => {
	const authentic = (pair: Established, frames: Buffer, packetNumber = 5000) =>
		short(pair.ids.serverId, packetNumber, frames, pair.exported);

	for (const [what, frames, rule] of [
		[
			'acknowledges a packet that was never sent',
			ackFrame(100_000),
			'ACK of a packet that was never sent',
		],
		['sends a frame that there is not', Buffer.of(0x7f), 'malformed frame'],
		[
			'sends beyond the limit',
			Buffer.from([3, 0, 0, 0xff, 0, 0, 0, 0, 1, 7]),
			'stream data out of bounds',
		],
	] as const) {
		it(`and ${what} is cut off, and told why`, () => {
			const pair = established();
			pair.server.receive(authentic(pair, frames), CLIENT, pair.network.nowMs);
			expect(pair.server.ended).to.deep.equal({ reason: 'violation', rule });
			pair.network.runFor(100);
			expect(pair.client.ended).to.deep.equal({
				reason: 'closed',
				code: CLOSE.violation,
			});
		});
	}

	it('cannot make a node throw when it says CLOSE and more', () => {
		const pair = established();
		const frames = Buffer.concat([
			closeFrame(CLOSE.aborted),
			ackFrame(0),
			pathFrame('path-challenge', Buffer.alloc(8)),
		]);
		pair.server.receive(authentic(pair, frames), CLIENT, pair.network.nowMs);
		expect(pair.server.ended).to.deep.equal({
			reason: 'closed',
			code: CLOSE.aborted,
		});
		pair.network.runFor(100);
	});
});

describe('packet numbers', () => {
	it('that come near their end close the connection before one is used twice', () => {
		const pair = makePair({
			seed: freshSeed(),
			bulkBytes: 1_000_000,
			faults: { delayMs: 10 },
			server: { packetNumberLimit: 200 },
		});
		pair.network.runFor(3000);
		expect(pair.server.ended).to.deep.equal({ reason: 'numbers-used-up' });
		// Fewer than 200: some numbers are left out on purpose (see packet-numbers.ts).
		expect(pair.server.stats.sent).to.be.within(180, 264);
		expect(pair.client.ended).to.deep.equal({
			reason: 'closed',
			code: CLOSE.numbersUsedUp,
		});
	});
});
