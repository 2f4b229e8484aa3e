import { expect } from 'chai';

import {
	seededRandom,
	type SeededRandom,
} from '../../../src/testing/seeded-random.js';
import {
	exportedKeys,
	handshakeKeys,
} from '../../../src/transports/udp/wire/keys.js';
import {
	writeHandshakeHeader,
	writeShortHeader,
} from '../../../src/transports/udp/wire/packet.js';
import { CHUNK_OVERHEAD_BYTES } from '../../../src/transports/udp/connection/read-buffer.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';
import { FUZZ_INPUTS, LONG_TIMEOUT_MS } from '../../support/udp-long.js';
import { World } from '../../support/udp-world.js';

const BYTES = 50_000;

const pick = <T>(random: SeededRandom, from: readonly T[]): T =>
	from[Math.floor(random() * from.length)]!;

/** Bytes that are random, or nearly those of something real. */
function mutate(random: SeededRandom, from: readonly Buffer[]): Buffer {
	const original =
		random() < 0.1
			? Buffer.alloc(Math.floor(random() * 1300))
			: Buffer.from(pick(random, from));
	const turns = 1 + Math.floor(random() * 6);
	for (let i = 0; i < turns && original.length > 0; i++) {
		original[Math.floor(random() * original.length)] = Math.floor(
			random() * 256,
		);
	}
	return random() < 0.3
		? original.subarray(0, Math.floor(random() * original.length))
		: original;
}

/** Frames that are well formed, nearly so, or not at all. */
function frames(random: SeededRandom): Buffer {
	const bytes = Buffer.alloc(1 + Math.floor(random() * 200));
	for (let i = 0; i < bytes.length; i++) {
		bytes[i] =
			random() < 0.5 ? Math.floor(random() * 12) : Math.floor(random() * 256);
	}
	return bytes;
}

describe(`${FUZZ_INPUTS} fuzzed inputs throw nothing and grow nothing`, function () {
	this.timeout(LONG_TIMEOUT_MS);

	it('at a node that has connections', () => {
		const seed = freshSeed();
		const world = new World({
			seed,
			faults: { delayMs: 5 },
			bulkBytes: BYTES,
		});
		const seen: Buffer[] = [];
		world.network.onSend = ({ datagram }) => {
			seen.push(Buffer.from(datagram));
		};
		for (let port = 1; port <= 5; port++) {
			world.device({ address: '10.0.0.1', port });
		}
		world.network.run(
			() =>
				world.ends.length === 5 && world.ends.every(({ isSecure }) => isSecure),
			10_000,
		);
		world.network.onSend = () => undefined;
		const random = world.random.fork('fuzz');
		for (let i = 0; i < 0.6 * FUZZ_INPUTS; i++) {
			const datagram = mutate(random, seen);
			const from = {
				address: '203.0.113.1',
				port: Math.floor(random() * 65_536),
			};
			try {
				world.acceptor.receive(datagram, from, world.network.nowMs);
			} catch (error) {
				throw new Error(
					`input ${i} (${datagram.toString('hex')}); replay with SEED=${seed}`,
					{ cause: error },
				);
			}
		}
		// No INIT of another address is proven, so nothing was made of any of it.
		expect(world.acceptor.sizes.connections, `SEED=${seed}`).to.equal(5);
		for (const { connection } of world.ends) {
			// What was on its way and came only now, unread.
			expect(connection.receiving.heldBytes, `SEED=${seed}`).to.be.at.most(
				BYTES,
			);
			expect(
				connection.acks.received.ranges.length,
				`SEED=${seed}`,
			).to.be.at.most(64);
		}
	});

	it('at a device, before and after the node is heard', () => {
		const seed = freshSeed();
		const random = seededRandom(seed);
		const seen: Buffer[] = [];
		const pair = makePair({ seed, finishes: false, faults: { delayMs: 5 } });
		pair.network.onSend = ({ datagram }) => {
			seen.push(Buffer.from(datagram));
		};
		pair.network.runFor(1000);
		const fresh = makePair({ seed, finishes: false });
		for (let i = 0; i < 0.35 * FUZZ_INPUTS; i++) {
			const datagram = mutate(random, seen);
			for (const { client } of [pair, fresh]) {
				client.receive(datagram, SERVER, 1000);
			}
		}
		for (const { client } of [pair, fresh]) {
			// The fresh one has the same keys, and takes the handshake of the other for its own: 6,000 bytes in five segments, out of order.
			expect(client.receiving.heldBytes, `SEED=${seed}`).to.be.at.most(
				6000 + 5 * CHUNK_OVERHEAD_BYTES,
			);
		}
		expect(pair.client.ended, `SEED=${seed}`).to.equal(undefined);
	});

	it('under the right keys, whatever the frames are', () => {
		const seed = freshSeed();
		const random = seededRandom(seed);
		let pair = makePair({ seed, finishes: false, faults: { delayMs: 5 } });
		let packetNumber = 0;
		for (let i = 0; i < 0.05 * FUZZ_INPUTS; i++) {
			if (pair.server.ended || i === 0) {
				pair = makePair({
					seed: `${seed} ${i}`,
					finishes: false,
					faults: { delayMs: 5 },
				});
				pair.network.runFor(random() < 0.5 ? 12 : 200);
				packetNumber = 1000;
			}
			const { clientId, serverId, token } = pair.ids;
			const confirmed = pair.server.isConfirmed;
			const datagram = Buffer.alloc(1200);
			packetNumber += Math.floor(random() * 3);
			const framesAt = confirmed
				? writeShortHeader(datagram, serverId, packetNumber)
				: writeHandshakeHeader(datagram, serverId, clientId, packetNumber);
			const end = framesAt + frames(random).copy(datagram, framesAt);
			const keys = confirmed
				? exportedKeys('client', pair.exported)
				: handshakeKeys('client', clientId, serverId, token);
			const from =
				random() < 0.9
					? CLIENT
					: { address: '203.0.113.1', port: Math.floor(random() * 65_536) };
			try {
				pair.server.receive(
					Buffer.from(keys.seal.seal(datagram, framesAt, end, packetNumber)),
					from,
					pair.network.nowMs,
				);
				pair.server.expire(pair.network.nowMs);
				pair.server.read();
				pair.server.flush(pair.network.nowMs, () => undefined);
			} catch (error) {
				throw new Error(`input ${i}; replay with SEED=${seed}`, {
					cause: error,
				});
			}
			expect(pair.server.receiving.heldBytes, `SEED=${seed}`).to.be.below(
				3_000_000,
			);
		}
	});
});
