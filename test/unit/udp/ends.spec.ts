import { expect } from 'chai';

import { CLOSE } from '../../../src/transports/udp/wire/frames.js';
import {
	IDLE_TIMEOUT_MS,
	KEEPALIVE_MS,
} from '../../../src/transports/udp/wire/limits.js';
import { key } from '../../support/udp-network.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';

const DAY_MS = 24 * 3600 * 1000;

function idlePair(faults = {}) {
	const pair = makePair({
		seed: freshSeed(),
		finishes: false,
		faults: { delayMs: 10, ...faults },
	});
	pair.network.runFor(2000);
	expect(pair.client.isConfirmed && pair.server.isConfirmed).to.equal(true);
	return pair;
}

describe('the end of a connection', () => {
	it('comes for each direction alone: what is said after the other has ended still arrives', () => {
		const { network, client, server, clientEnd, serverEnd } = idlePair();
		client.write(Buffer.from('question'));
		client.finish();
		network.run(() => serverEnd.endReceived, 10_000);
		network.runFor(5000);
		expect(server.ended).to.equal(undefined);
		server.write(Buffer.alloc(100_000));
		server.finish();
		network.runFor(5000);
		expect(clientEnd.receivedBytes).to.equal(100_000);
		expect([client.ended, server.ended]).to.deep.equal([
			{ reason: 'done' },
			{ reason: 'done' },
		]);
	});

	it('is in order at both ends also when the last packets are lost', () => {
		for (let lost = 1; lost < 12; lost++) {
			const { network, client, server } = idlePair();
			let left = lost;
			network.filter = () => left-- <= 0;
			client.finish();
			server.finish();
			network.run(
				() => client.ended !== undefined && server.ended !== undefined,
				55_000,
			);
			expect([client.ended, server.ended], `${lost} lost`).to.deep.equal([
				{ reason: 'done' },
				{ reason: 'done' },
			]);
		}
	});

	it('is in order at both ends also when the last word is lost', () => {
		const { network, client, server } = idlePair();
		network.filter = ({ from }) =>
			(key(from) === key(CLIENT) ? client : server).ended === undefined;
		client.finish();
		network.runFor(100);
		// The device's last ACK is in its CLOSE.
		server.finish();
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			network.nowMs + 55_000,
		);
		expect([client.ended, server.ended]).to.deep.equal([
			{ reason: 'done' },
			{ reason: 'done' },
		]);
	});

	it('is told when one end lets go, and all that comes later is nothing', () => {
		for (const [ours, theirs] of [
			['client', 'server'],
			['server', 'client'],
		] as const) {
			const pair = makePair({
				seed: freshSeed(),
				bulkBytes: 5_000_000,
				faults: { delayMs: 10, bytesPerMs: 5000 },
			});
			pair.network.runFor(300);
			pair[ours].close(CLOSE.aborted);
			pair.network.runFor(200);
			expect(pair[ours].ended).to.deep.equal({ reason: 'aborted' });
			expect(pair[theirs].ended).to.deep.equal({
				reason: 'closed',
				code: CLOSE.aborted,
			});
			expect([
				pair.client.deadlineMs(),
				pair.server.deadlineMs(),
			]).to.deep.equal([Infinity, Infinity]);
			const { sent } = pair[theirs].stats;
			pair.network.runFor(100_000);
			expect(pair[theirs].stats.sent).to.equal(sent);
		}
	});

	it('comes in the middle of a handshake just the same', () => {
		for (let atMs = 1; atMs < 100; atMs += 7) {
			const pair = makePair({
				seed: freshSeed(),
				bulkBytes: 1000,
				faults: { delayMs: 10 },
			});
			pair.network.runFor(atMs);
			pair.client.close(CLOSE.aborted);
			pair.network.runFor(35_000);
			expect(pair.client.ended, `at ${atMs} ms`).to.be.an('object');
			expect(pair.server.ended, `at ${atMs} ms`).to.be.an('object');
		}
	});

	it('comes after a minute of silence, at both ends, and no later', () => {
		const { network, client, server } = idlePair();
		network.filter = () => false;
		const startMs = network.nowMs;
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			200_000,
		);
		expect([client.ended, server.ended]).to.deep.equal([
			{ reason: 'idle' },
			{ reason: 'idle' },
		]);
		expect(network.nowMs - startMs).to.be.at.most(IDLE_TIMEOUT_MS + 1);
	});

	it('is not put off by packets that somebody plays back', () => {
		const { network, client, server } = idlePair();
		const seen: Buffer[] = [];
		network.onSend = ({ datagram, to }) => {
			if (key(to) === key(SERVER)) {
				seen.push(Buffer.from(datagram));
			}
		};
		client.write(Buffer.from('authentic'));
		network.runFor(100);
		const startMs = network.nowMs;
		network.onSend = () => undefined;
		network.filter = () => false;
		for (let at = 0; at < 90; at++) {
			for (const datagram of seen) {
				server.receive(Buffer.from(datagram), CLIENT, network.nowMs);
			}
			network.runFor(1000);
		}
		expect(server.ended).to.deep.equal({ reason: 'idle' });
		expect(network.nowMs - startMs).to.be.above(IDLE_TIMEOUT_MS);
	});

	it('does not come while the device shows life: every 22.5 to 27.5 s, and the node never pings', () => {
		const { network, client, server } = idlePair();
		network.runFor(IDLE_TIMEOUT_MS);
		const pings: number[] = [];
		let fromNode = 0;
		network.onSend = ({ from, nowMs }) => {
			if (key(from) === key(CLIENT)) {
				pings.push(nowMs);
			} else {
				fromNode++;
			}
		};
		network.runFor(3_600_000);
		expect([client.ended, server.ended]).to.deep.equal([undefined, undefined]);
		const gaps = pings.slice(1).map((atMs, i) => atMs - pings[i]!);
		expect(Math.min(...gaps)).to.be.at.least(KEEPALIVE_MS[0]);
		expect(Math.max(...gaps)).to.be.at.most(KEEPALIVE_MS[1] + 100);
		expect(new Set(gaps.map(Math.round)).size).to.be.above(20);
		expect(fromNode).to.be.closeTo(pings.length, 1);
	});

	it('costs at most 0.6 MB a day with the headers of IP and UDP, also after a transfer that left gaps in the numbers', () => {
		const { network, client, server } = idlePair();
		for (let at = 0; at < 100; at++) {
			client.write(Buffer.alloc(5000));
			server.write(Buffer.alloc(5000));
			network.runFor(100);
		}
		network.runFor(60_000);
		let bytes = 0;
		network.onSend = ({ datagram }) => {
			bytes += 28 + datagram.length;
		};
		network.runFor(DAY_MS / 24);
		expect([client.ended, server.ended]).to.deep.equal([undefined, undefined]);
		expect((24 * bytes) / 1e6).to.be.within(0.4, 0.5);
	});

	it('lets a black-out of 50 s pass', () => {
		const { network, client, server, serverEnd } = idlePair();
		client.write(Buffer.alloc(1000));
		const atMs = network.nowMs;
		network.filter = ({ nowMs }) => nowMs > atMs + 50_000;
		network.runFor(58_000);
		expect([client.ended, server.ended]).to.deep.equal([undefined, undefined]);
		expect(serverEnd.receivedBytes).to.equal(1000);
	});

	it('keeps a stalled download from waiting for the next keepalive', () => {
		const pair = makePair({
			seed: freshSeed(),
			bulkBytes: 20_000_000,
			oneWay: true,
			faults: { delayMs: 10, bytesPerMs: 2000 },
		});
		pair.network.runFor(1000);
		// From now on nothing reaches the old address; what is on its way from there still arrives.
		const movedMs = pair.network.nowMs;
		const moved = { address: CLIENT.address, port: 4000 };
		pair.network.translate = (from) =>
			key(from) === key(CLIENT) && pair.network.nowMs > movedMs + 50
				? moved
				: from;
		pair.network.route = (at) =>
			key(at) === key(SERVER)
				? SERVER
				: key(at) === key(moved)
					? CLIENT
					: undefined;
		// Nor does the device say anything while the last ACKs are due.
		pair.network.filter = ({ from, nowMs }) =>
			key(from) !== key(CLIENT) || nowMs > movedMs + 50;
		pair.network.run(() => pair.server.stats.moves === 1, 60_000);
		expect(pair.network.nowMs).to.be.below(1000 + 1500);
	});
});

describe('an event loop that is held up for half a second', () => {
	for (const who of ['client', 'server'] as const) {
		it(`at the ${who} costs no connection and makes no storm`, () => {
			const pair = makePair({
				seed: freshSeed(),
				bulkBytes: 4_000_000,
				faults: { delayMs: 10, bytesPerMs: 5000 },
			});
			const { network, client, server } = pair;
			network.runFor(300);
			for (let i = 0; i < 3; i++) {
				network.blockedUntilMs.set(
					key(who === 'client' ? CLIENT : SERVER),
					network.nowMs + 500,
				);
				network.runFor(700);
			}
			network.run(
				() => client.ended !== undefined && server.ended !== undefined,
				600_000,
			);
			expect([client.ended, server.ended]).to.deep.equal([
				{ reason: 'done' },
				{ reason: 'done' },
			]);
			const needed = 2 * Math.ceil(4_000_000 / 1162);
			const resent = client.stats.lost + server.stats.lost;
			expect(resent / needed).to.be.below(0.02);
			expect(pair.clientEnd.hash.digest('hex')).to.equal(
				pair.serverEnd.sentHash.digest('hex'),
			);
		});
	}
});
