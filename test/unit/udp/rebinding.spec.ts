import { expect } from 'chai';

import type { Address } from '../../../src/transports/udp/wire/address.js';
import { key, type PathFaults } from '../../support/udp-network.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';

const BYTES = 3_000_000;

/** A pair behind a NAT that takes a new mapping at a moment; the old one is dead from then on. */
function behindNat(
	to: Address,
	atMs: number,
	oneWay: boolean,
	faults: PathFaults = { delayMs: 10, bytesPerMs: 10_000 },
) {
	const seed = freshSeed();
	const pair = makePair({ seed, bulkBytes: BYTES, oneWay, faults });
	const { network } = pair;
	const outside = () => (network.nowMs < atMs ? CLIENT : to);
	network.translate = (from) => (key(from) === key(CLIENT) ? outside() : from);
	network.route = (at) =>
		key(at) === key(SERVER)
			? SERVER
			: key(at) === key(outside())
				? CLIENT
				: undefined;
	return { ...pair, replay: `replay with SEED=${seed}` };
}

describe('a change of address in the middle of a transfer', () => {
	for (const [what, to] of [
		['port', { address: CLIENT.address, port: 2000 }],
		['IP address', { address: '172.16.0.9', port: 3000 }],
	] as const) {
		for (const oneWay of [true, false]) {
			it(`of the ${what}, bytes going ${oneWay ? 'down' : 'both ways'}, loses nothing`, () => {
				const { network, client, server, clientEnd, serverEnd, replay } =
					behindNat(to, 200, oneWay);
				const isDone = () =>
					client.ended !== undefined && server.ended !== undefined;
				expect(network.run(isDone, 600_000), replay).to.equal(true);
				expect(server.ended, replay).to.deep.equal({ reason: 'done' });
				expect(clientEnd.hash.digest('hex'), replay).to.equal(
					serverEnd.sentHash.digest('hex'),
				);
				expect(serverEnd.hash.digest('hex'), replay).to.equal(
					clientEnd.sentHash.digest('hex'),
				);
				expect(server.stats.moves, replay).to.equal(1);
				expect(key(server.paths.active), replay).to.equal(key(to));
			});
		}
	}

	it('of the port keeps the congestion window, and one of the IP address starts anew', () => {
		for (const [to, keeps] of [
			[{ address: CLIENT.address, port: 2000 }, true],
			[{ address: '172.16.0.9', port: 3000 }, false],
		] as const) {
			const { network, server, replay } = behindNat(to, 200, true);
			network.run(() => server.stats.moves === 1, 60_000);
			const { congestion } = server;
			expect(
				congestion.isInSlowStart && congestion.windowBytes <= 13_720,
				replay,
			).to.equal(!keeps);
		}
	});

	it('is followed within a round trip and 5 ms of the first packet from there', () => {
		const pair = behindNat(
			{ address: CLIENT.address, port: 2000 },
			200,
			false,
			{ delayMs: 10 },
		);
		let firstMs: number | undefined;
		pair.network.filter = ({ from, nowMs }) => {
			if (key(from) === key(CLIENT) && nowMs >= 200) {
				firstMs ??= nowMs + 10;
			}
			return true;
		};
		pair.network.run(() => pair.server.stats.moves === 1, 60_000);
		expect(pair.network.nowMs - firstMs!, pair.replay).to.be.at.most(20 + 5);
	});

	it('sends no more than three times what came from there until the new address has answered', () => {
		const pair = makePair({
			seed: freshSeed(),
			bulkBytes: BYTES,
			faults: { delayMs: 10, bytesPerMs: 10_000 },
		});
		const { network, server } = pair;
		const elsewhere: Address = { address: '203.0.113.5', port: 9 };
		let received = 0;
		let sent = 0;
		network.onSend = ({ datagram, to }) => {
			if (key(to) === key(elsewhere)) {
				sent += datagram.length;
				expect(sent).to.be.at.most(3 * received);
			}
		};
		// The NAT shows a new address, and nothing that is sent there arrives.
		network.translate = (from) => {
			if (key(from) !== key(CLIENT) || network.nowMs < 200) {
				return from;
			}
			return elsewhere;
		};
		network.filter = ({ datagram, from, nowMs }) => {
			received +=
				key(from) === key(CLIENT) && nowMs >= 190 ? datagram.length : 0;
			return true;
		};
		network.route = (at) => (key(at) === key(elsewhere) ? undefined : at);
		network.runFor(3000);
		expect(sent).to.be.above(0);
		expect(server.stats.moves).to.equal(0);
		expect(key(server.paths.active)).to.equal(key(CLIENT));
	});

	it('is not believed when a copy of a packet races it from another address', () => {
		const pair = makePair({
			seed: freshSeed(),
			bulkBytes: BYTES,
			faults: { delayMs: 10, bytesPerMs: 10_000 },
		});
		const { network, client, server, clientEnd, serverEnd } = pair;
		const attacker: Address = { address: '203.0.113.5', port: 9 };
		let copied = 0;
		network.onSend = ({ datagram, from, nowMs }) => {
			// The attacker sees each packet of the client and is faster than it, always.
			if (key(from) === key(CLIENT) && nowMs > 200 && nowMs < 600) {
				copied++;
				network.at(nowMs + 1, () => {
					server.receive(Buffer.from(datagram), attacker, network.nowMs);
				});
			}
		};
		network.route = (at) => (key(at) === key(attacker) ? undefined : at);
		const isDone = () =>
			client.ended !== undefined && server.ended !== undefined;
		expect(network.run(isDone, 600_000)).to.equal(true);
		expect(copied).to.be.above(100);
		expect(server.stats.moves).to.equal(0);
		expect(clientEnd.hash.digest('hex')).to.equal(
			serverEnd.sentHash.digest('hex'),
		);
	});
});
