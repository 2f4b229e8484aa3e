import { expect } from 'chai';

import { Acceptor } from '../../../src/transports/udp/node/acceptor.js';
import type { Address } from '../../../src/transports/udp/wire/address.js';
import {
	CLOSE,
	type NextToken,
} from '../../../src/transports/udp/wire/frames.js';
import {
	closeFrame,
	writeAck,
	writeStream,
} from '../../../src/transports/udp/wire/encode-frames.js';
import { handshakeKeys } from '../../../src/transports/udp/wire/keys.js';
import {
	decodeReset,
	encodeReset,
} from '../../../src/transports/udp/wire/keyless.js';
import {
	LONG,
	writeHandshakeHeader,
	writeInitHeader,
} from '../../../src/transports/udp/wire/packet.js';
import { key } from '../../support/udp-network.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';
import { World } from '../../support/udp-world.js';

/** A world with one device whose link stands, what went over the wire, and the token that the device got. */
function established() {
	const seed = freshSeed();
	const world = new World({
		seed,
		faults: { delayMs: 5 },
		bulkBytes: 100_000,
		finishes: false,
	});
	const wire: Buffer[] = [];
	world.network.onSend = ({ datagram }) => {
		wire.push(Buffer.from(datagram));
	};
	const device = world.device();
	let next: NextToken | undefined;
	world.network.run(() => {
		if (device.connection) {
			device.connection.onNextToken = (token) => (next ??= token);
		}
		return next !== undefined;
	}, 10_000);
	world.network.runFor(1000);
	expect(device.connection?.isConfirmed).to.equal(true);
	return { world, device, wire, next: next!, replay: `SEED=${seed}` };
}

/** A sibling: another node with the same TLS key, which makes no difference. */
function sibling() {
	const sent: Buffer[] = [];
	const acceptor = new Acceptor({
		admit: () => 'accept',
		onConnection: () => ({ receive: () => undefined, drop: () => undefined }),
		send: (datagram) => {
			sent.push(datagram);
		},
		secret: Buffer.alloc(32, 'of the sibling'),
		random: () => 0.5,
		randomBytes: (bytes) => Buffer.alloc(bytes, 7),
		wallMs: () => 0,
		nowMs: 0,
	});
	return { acceptor, sent };
}

function sealInit(
	{ serverId, token, secret }: NextToken,
	{ clientId, nonce }: { clientId: Buffer; nonce: Buffer },
): Buffer {
	const datagram = Buffer.alloc(1200);
	const ids = { serverId, clientId, nonce, token };
	const at = writeInitHeader(datagram, ids, 0);
	writeStream(datagram, at, 0, Buffer.from('ClientHello'), false);
	const { seal } = handshakeKeys('client', clientId, serverId, secret);
	return seal.seal(datagram, at, 1184, 0);
}

describe('somebody who sees every packet', () => {
	it('reads no token, no secret and no reset proof, nor any frame after TLS has keys', () => {
		const { device, wire, next, world, replay } = established();
		const proof = world.ends[0]!.connection.options.resetToken!;
		for (const datagram of wire) {
			for (const secret of [proof, next.secret, next.token, next.serverId]) {
				expect(datagram.includes(secret), replay).to.equal(false);
			}
		}
		// All that is alike in the short form is the header.
		const short = wire.filter((datagram) => datagram[0]! < 0x80);
		expect(short.length, replay).to.be.above(50);
		const counts = new Array<number>(256).fill(0);
		for (const datagram of short) {
			counts[datagram[13]!]!++;
		}
		expect(Math.max(...counts), replay).to.be.below(0.2 * short.length);
		expect(device.ended, replay).to.equal(undefined);
	});

	it('cannot end a link by a RESET', () => {
		const { device, wire, replay } = established();
		const { connection } = device;
		const { serverId } = connection!;
		// Any 16 bytes in a row that were ever on the wire.
		for (const datagram of wire) {
			for (let at = 0; at + 16 <= datagram.length; at++) {
				const proof = datagram.subarray(at, at + 16);
				connection!.receive(encodeReset(serverId, proof), SERVER, 2000);
			}
		}
		expect(connection!.ended, replay).to.equal(undefined);
	});

	it('gets no RESET that the device would take from a sibling of its node', () => {
		const { device, wire, replay } = established();
		const { acceptor, sent } = sibling();
		for (const datagram of wire.filter(([first]) => first! < 0x80)) {
			acceptor.receive(datagram, CLIENT, 0);
		}
		expect(sent.length, replay).to.be.above(50);
		for (const answer of sent) {
			expect(decodeReset(answer)).to.be.an('object');
			device.connection!.receive(answer, SERVER, 2000);
		}
		expect(device.connection!.ended, replay).to.equal(undefined);
	});
});

describe('a token for the next connection', () => {
	const question = { clientId: Buffer.alloc(8, 1), nonce: Buffer.alloc(8, 2) };

	it('is of no use to whoever only sees it in an INIT', () => {
		const { world, device, next, replay } = established();
		const { accepted } = world.acceptor.stats;
		// Sealed with what is on the wire, as for a RETRY's token.
		const forged = sealInit({ ...next, secret: next.token }, question);
		world.acceptor.receive(forged, device.at, world.network.nowMs);
		expect(world.acceptor.stats.accepted, replay).to.equal(accepted);
		const honest = sealInit(next, question);
		world.acceptor.receive(honest, device.at, world.network.nowMs);
		expect(world.acceptor.stats.accepted, replay).to.equal(accepted + 1);
	});

	it('draws less from a sibling of the node than was sent to it', () => {
		const { device, next, replay } = established();
		const { acceptor, sent } = sibling();
		acceptor.receive(sealInit(next, question), device.at, 0);
		expect(acceptor.sizes.connections, replay).to.equal(0);
		expect(Buffer.concat(sent).length, replay).to.be.below(100);
	});

	for (const [what, from] of [
		['from the same port', (at: Address) => at],
		['from another port', (at: Address) => ({ ...at, port: 4242 })],
	] as const) {
		it(`that was burnt by a replay ${what} costs the device one round trip`, () => {
			const { world, device, next, replay } = established();
			const startMs = world.network.nowMs;
			const again = world.resumed(device.at, next);
			let replayed = false;
			world.network.filter = ({ datagram, to }) => {
				// The attacker takes the device's first INIT off the path and is first with it.
				if (datagram[0] === LONG.init && key(to) === key(SERVER) && !replayed) {
					replayed = true;
					world.acceptor.receive(
						Buffer.from(datagram),
						from(device.at),
						world.network.nowMs,
					);
				}
				return true;
			};
			world.network.run(() => again.end!.isSecure, startMs + 20_000);
			expect(again.end!.isSecure, replay).to.equal(true);
			// One round trip is 10 ms; a handshake takes one, a RETRY one more.
			expect(world.network.nowMs - startMs, replay).to.be.at.most(25);
		});
	}

	it('that the node takes no more costs the device one round trip', () => {
		const { world, device, next, replay } = established();
		const first = world.resumed({ ...device.at, port: 2000 }, next);
		world.network.run(() => first.end!.isSecure, world.network.nowMs + 10_000);
		world.network.runFor(15_000);
		const startMs = world.network.nowMs;
		const again = world.resumed({ ...device.at, port: 3000 }, next);
		world.network.run(() => again.end!.isSecure, startMs + 20_000);
		expect(again.end!.isSecure, replay).to.equal(true);
		expect(world.network.nowMs - startMs, replay).to.be.at.most(25);
	});
});

describe('what somebody put into epoch 0, whose keys all can compute,', () => {
	/** A handshake into which both directions get forged packets of epoch 0, until the keys are confirmed. */
	function poisoned(frames: (toServer: boolean) => Buffer) {
		const seed = freshSeed();
		const pair = makePair({
			seed,
			bulkBytes: 200_000,
			faults: { delayMs: 10 },
		});
		const { clientId, serverId, token } = pair.ids;
		let packetNumber = 1000;
		const inject = (toServer: boolean) => {
			const [to, from] = toServer ? [serverId, clientId] : [clientId, serverId];
			const datagram = Buffer.alloc(1200);
			const current = packetNumber++;
			const at = writeHandshakeHeader(datagram, to, from, current);
			const end = at + frames(toServer).copy(datagram, at);
			const role = toServer ? 'client' : 'server';
			const { seal } = handshakeKeys(role, clientId, serverId, token);
			const forged = seal.seal(datagram, at, end, current);
			const target = toServer ? pair.server : pair.client;
			target.receive(forged, toServer ? CLIENT : SERVER, pair.network.nowMs);
		};
		for (let atMs = 11; atMs < 200; atMs += 4) {
			pair.network.at(atMs, () => {
				inject(true);
				inject(false);
			});
		}
		pair.network.run(
			() => pair.client.ended !== undefined && pair.server.ended !== undefined,
			100_000,
		);
		return { ...pair, replay: `SEED=${seed}` };
	}

	const stream = (offset: number, fin: boolean) => {
		const frame = Buffer.alloc(109);
		writeStream(frame, 0, offset, Buffer.alloc(100, 0xbb), fin);
		return frame;
	};

	for (const [what, frames] of [
		['segments that wait for their turn', () => stream(40_000, false)],
		['the end of the stream', () => stream(30_000, true)],
		[
			'a limit of 2^47',
			() => {
				const frame = Buffer.alloc(18);
				writeAck(frame, 0, [{ low: 0, high: 0 }], 0, 2 ** 47);
				return frame;
			},
		],
		['packet numbers far ahead', () => Buffer.of(1)],
	] as const) {
		it(`as ${what}, does nothing in epoch 1`, () => {
			const { client, server, clientEnd, serverEnd, replay } = poisoned(frames);
			expect([client.ended, server.ended], replay).to.deep.equal([
				{ reason: 'done' },
				{ reason: 'done' },
			]);
			expect(clientEnd.receivedBytes, replay).to.equal(200_000);
			expect(clientEnd.hash.digest('hex'), replay).to.equal(
				serverEnd.sentHash.digest('hex'),
			);
		});
	}

	it('as a CLOSE does nothing once the keys are confirmed', () => {
		const pair = makePair({ seed: freshSeed(), finishes: false });
		pair.network.runFor(1000);
		const { clientId, serverId, token } = pair.ids;
		const datagram = Buffer.alloc(1200);
		const at = writeHandshakeHeader(datagram, clientId, serverId, 9);
		const end = at + closeFrame(CLOSE.aborted).copy(datagram, at);
		const { seal } = handshakeKeys('server', clientId, serverId, token);
		pair.client.receive(seal.seal(datagram, at, end, 9), SERVER, 1000);
		expect(pair.client.ended).to.equal(undefined);
	});
});

describe('a receiver that acknowledges what it has not received', () => {
	it('is cut off within a few round trips', () => {
		for (let run = 0; run < 20; run++) {
			const seed = freshSeed();
			const pair = makePair({
				seed,
				bulkBytes: 50_000_000,
				oneWay: true,
				faults: { delayMs: 10, loss: 0.2 },
			});
			const { network, client, server } = pair;
			network.run(() => client.isConfirmed, 10_000);
			const startMs = network.nowMs;
			// Every gap is closed before an ACK is written.
			const { received } = client.acks;
			const { add } = received;
			received.add = function (packetNumber) {
				for (let one = 0; one < packetNumber; one++) {
					if (!this.has(one)) {
						add.call(this, one);
					}
				}
				add.call(this, packetNumber);
			};
			network.run(() => server.ended !== undefined, 60_000);
			expect(server.ended, `SEED=${seed}`).to.deep.equal({
				reason: 'violation',
				rule: 'ACK of a packet that was never sent',
			});
			expect(network.nowMs - startMs, `SEED=${seed}`).to.be.below(1000);
		}
	});
});

describe('the keys of epoch 1', () => {
	it('change in the middle of a transfer under loss and reordering, and nothing is lost by it', () => {
		const seed = freshSeed();
		const pair = makePair({
			seed,
			bulkBytes: 2_000_000,
			faults: {
				delayMs: 10,
				bytesPerMs: 10_000,
				loss: 0.02,
				reordering: { chance: 0.1, depth: 10 },
			},
			client: { keyUpdatePackets: 50 },
			server: { keyUpdatePackets: 70 },
		});
		pair.network.run(
			() => pair.client.ended !== undefined && pair.server.ended !== undefined,
			600_000,
		);
		expect(pair.client.keyUpdates, `SEED=${seed}`).to.be.above(10);
		expect(pair.clientEnd.hash.digest('hex'), `SEED=${seed}`).to.equal(
			pair.serverEnd.sentHash.digest('hex'),
		);
		expect(pair.serverEnd.hash.digest('hex'), `SEED=${seed}`).to.equal(
			pair.clientEnd.sentHash.digest('hex'),
		);
	});
});
