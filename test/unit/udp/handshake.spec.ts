import { expect } from 'chai';

import { MAX_DATAGRAM_BYTES } from '../../../src/transports/udp/wire/limits.js';
import type { Flight, PathFaults } from '../../support/udp-network.js';
import { freshSeed } from '../../support/udp-pair.js';
import { World } from '../../support/udp-world.js';

const freshSeeds = (count: number) => Array.from({ length: count }, freshSeed);
const BYTES = 20_000;
/** Datagrams of a handshake that are faulted one by one; an undisturbed one has about 16 in all. */
const PACKETS = 24;

function handshake(
	faults: PathFaults,
	fault: (index: number, flight: Flight) => boolean | Buffer,
	seed = freshSeed(),
) {
	const world = new World({
		seed,
		faults: { delayMs: 20, ...faults },
		bulkBytes: BYTES,
	});
	const device = world.device();
	let index = 0;
	let largest = 0;
	world.network.filter = (flight) => {
		largest = Math.max(largest, flight.datagram.length);
		return fault(index++, flight);
	};
	const done = world.network.run(() => device.ended !== undefined, 60_000);
	const replay = `replay with SEED=${seed}`;
	return { world, device, done, largest, datagrams: index, replay };
}

function expectWhole(
	{ world, device, done, largest, replay }: ReturnType<typeof handshake>,
	what: string,
): void {
	const message = `${what}; ${replay}`;
	expect(done, message).to.equal(true);
	expect(device.ended, message).to.deep.equal({ reason: 'done' });
	expect(world.ends, message).to.have.lengthOf(1);
	const [node] = world.ends;
	expect(device.end!.receivedBytes, message).to.equal(BYTES);
	expect(device.end!.hash.digest('hex'), message).to.equal(
		node!.sentHash.digest('hex'),
	);
	expect(node!.hash.digest('hex'), message).to.equal(
		device.end!.sentHash.digest('hex'),
	);
	expect(device.connection!.isConfirmed, message).to.equal(true);
	expect(node!.connection.isConfirmed, message).to.equal(true);
	expect(largest, message).to.be.at.most(MAX_DATAGRAM_BYTES);
}

describe('the handshake', () => {
	it('takes two round trips, with a ClientHello of two datagrams and a flight of 6 KB back', () => {
		const { world, device, datagrams } = handshake({}, () => true);
		expect(datagrams).to.be.above(16);
		expect(device.end!.isSecure).to.equal(true);
		const again = new World({ seed: 'fixed', faults: { delayMs: 20 } });
		const second = again.device();
		again.network.run(() => second.end?.isSecure === true, 10_000);
		expect(again.network.nowMs).to.be.within(80, 90);
		expect(world.acceptor.stats).to.include({ retries: 1, accepted: 1 });
	});

	for (const times of [1, 2]) {
		it(`gets through when any one of its packets is lost ${times === 1 ? 'once' : 'twice'}`, () => {
			for (let lost = 0; lost < PACKETS; lost++) {
				// "Twice" = the one and the next that goes the same way, which is what is sent in its place.
				let left = times;
				let way: string | undefined;
				const result = handshake({}, (index, { from }) => {
					const mine =
						index >= lost &&
						left > 0 &&
						(way === undefined || way === from.address);
					if (mine) {
						left--;
						way = from.address;
					}
					return !mine;
				});
				expectWhole(result, `packet ${lost}`);
			}
		}).timeout(60_000);
	}

	it('gets through when all packets of one direction are lost for a second, whenever that begins', () => {
		for (const way of ['10.0.0.1', '10.0.0.2']) {
			for (let fromMs = 0; fromMs < 140; fromMs += 10) {
				const result = handshake(
					{},
					(_index, { from, nowMs }) =>
						from.address !== way || nowMs < fromMs || nowMs > fromMs + 1000,
				);
				expectWhole(result, `${way} from ${fromMs} ms on`);
			}
		}
	}).timeout(60_000);

	it('gets through when every packet comes twice', () => {
		expectWhole(
			handshake({ duplication: 1 }, () => true),
			'doubled',
		);
	});

	it('gets through when packets overtake each other', () => {
		for (let run = 0; run < 20; run++) {
			expectWhole(
				handshake(
					{ reordering: { chance: 0.4, depth: 6 }, jitterMs: 30 },
					() => true,
				),
				'reordered',
			);
		}
	}).timeout(60_000);

	it('gets through when a third of all packets is lost, doubled and reordered', () => {
		let made = 0;
		// First where the node took its last bytes as read, and where its last word was too long to be said again.
		for (const seed of ['e60ab08b', '6b65ff75', ...freshSeeds(20)]) {
			const result = handshake(
				{ loss: 0.3, duplication: 0.3, reordering: { chance: 0.3, depth: 5 } },
				() => true,
				seed,
			);
			// With such loss HELLO may give up in its five seconds; what must not be is a lock.
			expect(result.done, result.replay).to.equal(true);
			if (result.device.ended!.reason === 'done') {
				made++;
			} else {
				expect(result.device.ended!.reason, result.replay).to.be.oneOf([
					'no-answer',
					'handshake-timeout',
				]);
			}
		}
		expect(made).to.be.above(12);
	}).timeout(60_000);

	for (const mtu of [1372, 1371, 1200, 1199, 952]) {
		it(`works on a path that carries ${mtu} bytes and not one more`, () => {
			const result = handshake({ mtu }, () => true);
			expectWhole(result, 'small');
			expect(result.device.connection!.datagramBytes).to.be.at.most(mtu);
		});
	}

	it('changes the epoch under loss, whichever packets it takes', () => {
		for (let run = 0; run < 40; run++) {
			// Only what is sent from the Finished on is lost: a fifth of all.
			const seed = freshSeed();
			const result = handshake(
				{},
				(index) => index < 12 || index % 5 !== run % 5,
				seed,
			);
			expectWhole(result, `every fifth from ${run % 5}`);
		}
	}).timeout(60_000);

	it('gets done over a path with a queue of 3 s, whichever of its packets is lost', () => {
		for (let lost = 0; lost < 10; lost++) {
			const { world, device, replay } = handshake(
				{ delayMs: 1500 },
				(index) => index !== lost,
			);
			const message = `packet ${lost}; ${replay}`;
			expect(device.end?.isSecure, message).to.equal(true);
			expect(world.acceptor.stats, message).to.include({ accepted: 1 });
		}
	});

	it('ends at the node and the device after 30 s when it does not get done', () => {
		const { world, device, replay } = handshake(
			{},
			(_index, { nowMs }) => nowMs < 65,
		);
		expect(device.ended, replay).to.deep.equal({ reason: 'handshake-timeout' });
		world.network.run(() => world.acceptor.sizes.connections === 0, 60_000);
		expect(world.acceptor.sizes, replay).to.include({
			connections: 0,
			halfOpen: 0,
		});
	});

	it('never uses a packet number twice, also not in one epoch, across a RETRY or with a resent segment', () => {
		for (const loss of [0, 0.2]) {
			const seen = new Set<string>();
			const result = handshake(
				{ loss },
				(_index, { datagram, from }) => {
					const first = datagram[0]!;
					const at =
						first < 0x80
							? 9
							: first === 0x85
								? 18
								: first === 0x84
									? 27 + datagram[26]!
									: -1;
					if (at >= 0) {
						const name = `${from.address} ${first < 0x80 ? 1 : 0} ${datagram.readUInt32BE(at)}`;
						expect(seen.has(name), name).to.equal(false);
						seen.add(name);
					}
					return true;
				},
				'numbers',
			);
			expect(seen.size, result.replay).to.be.above(40);
		}
	});
});
