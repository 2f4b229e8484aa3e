import { expect } from 'chai';

import { seededRandom } from '../../../src/testing/seeded-random.js';
import { RenoFlow } from '../../support/reno-flow.js';
import { UdpNetwork } from '../../support/udp-network.js';
import { CLIENT, freshSeed, makePair, SERVER } from '../../support/udp-pair.js';

/** 20 Mbit/s, a round trip of 30 ms, a queue of 60 ms: as the bench has it with the kernel's TCP. */
const BYTES_PER_MS = 2500;
const QUEUE_MS = 60;

function bottleneck(seed: string): UdpNetwork {
	const network = new UdpNetwork(seededRandom(seed), (from) =>
		from.address === CLIENT.address
			? { delayMs: 15 }
			: { delayMs: 15, bytesPerMs: BYTES_PER_MS, queueMs: QUEUE_MS },
	);
	network.pipeOf = (from) => from.address;
	return network;
}

const download = (network: UdpNetwork, seed: string, port: number) =>
	makePair({
		seed,
		network,
		clientAt: { address: CLIENT.address, port },
		bulkBytes: 1e9,
		oneWay: true,
	});

describe('a bottleneck that is shared', () => {
	it('is shared by two connections, half and half within a factor of two', () => {
		const seed = freshSeed();
		const network = bottleneck(seed);
		const first = download(network, `${seed} 1`, 1);
		network.runFor(3000);
		const second = download(network, `${seed} 2`, 2);
		network.runFor(10_000);
		const from = [first, second].map(
			({ clientEnd }) => clientEnd.receivedBytes,
		);
		network.runFor(20_000);
		const [a, b] = [first, second].map(
			({ clientEnd }, i) => clientEnd.receivedBytes - from[i]!,
		);
		expect(b! / a!, `replay with SEED=${seed}`).to.be.within(0.5, 2);
		expect(a! + b!, `replay with SEED=${seed}`).to.be.above(
			0.85 * 20_000 * BYTES_PER_MS,
		);
	}).timeout(60_000);

	it('is shared with a TCP flow within a factor of two', () => {
		const seed = freshSeed();
		const network = bottleneck(seed);
		const tcp = new RenoFlow(
			network,
			{ address: SERVER.address, port: 99 },
			{ address: CLIENT.address, port: 99 },
		);
		const udp = download(network, seed, 1);
		network.runFor(10_000);
		const from = [tcp.receivedBytes, udp.clientEnd.receivedBytes];
		network.runFor(30_000);
		const shares = [
			tcp.receivedBytes - from[0]!,
			udp.clientEnd.receivedBytes - from[1]!,
		];
		expect(shares[1]! / shares[0]!, `replay with SEED=${seed}`).to.be.within(
			0.5,
			2,
		);
	}).timeout(60_000);

	it('gets no longer a queue than it has room for, and few losses, from one connection alone', () => {
		const seed = freshSeed();
		const network = bottleneck(seed);
		const { server, clientEnd } = download(network, seed, 1);
		network.runFor(30_000);
		expect(
			network.overflowed / server.stats.sent,
			`replay with SEED=${seed}`,
		).to.be.below(0.02);
		expect(clientEnd.receivedBytes, `replay with SEED=${seed}`).to.be.above(
			0.85 * 15_000 * BYTES_PER_MS,
		);
	}).timeout(60_000);

	it('never has more in flight than its window, two probes aside', () => {
		const seed = freshSeed();
		const pair = makePair({
			seed,
			bulkBytes: 3_000_000,
			oneWay: true,
			// So fast and so far that nothing but the window holds it back.
			faults: { delayMs: 100, loss: 0.01 },
		});
		const { server, network } = pair;
		let most = 0;
		network.onSend = ({ from, datagram }) => {
			if (from.address === SERVER.address && datagram.length > 200) {
				const { recovery, congestion } = server;
				most = Math.max(most, recovery.bytesInFlight - congestion.windowBytes);
			}
		};
		network.run(
			() => pair.client.ended !== undefined && server.ended !== undefined,
			600_000,
		);
		expect(server.ended, `replay with SEED=${seed}`).to.deep.equal({
			reason: 'done',
		});
		expect(most, `replay with SEED=${seed}`).to.be.at.most(2 * 1372);
	}).timeout(60_000);

	it('makes no loss of packets that only change places with their neighbours', () => {
		const seed = freshSeed();
		const pair = makePair({
			seed,
			bulkBytes: 2_000_000,
			faults: {
				delayMs: 15,
				bytesPerMs: BYTES_PER_MS,
				queueMs: 1000,
				reordering: { chance: 0.1, depth: 1 },
			},
		});
		pair.network.run(
			() => pair.client.ended !== undefined && pair.server.ended !== undefined,
			600_000,
		);
		expect(
			pair.client.stats.lost + pair.server.stats.lost,
			`replay with SEED=${seed}`,
		).to.be.at.most(2);
	});
});

describe('a path that loses 3 % each way and on which 5 % are 15 ms late', () => {
	const faults = (delayMs: number) => ({
		delayMs,
		loss: 0.03,
		late: { chance: 0.05, ms: 15 },
		bytesPerMs: 10_000,
	});

	for (const [delayMs, least] of [
		[2, 1.4],
		[4, 0.85],
	] as const) {
		it(`carries ${least} MiB/s and more at ${2 * delayMs} ms, and what is late is not taken for lost`, () => {
			const seed = freshSeed();
			const bulkBytes = 8 * 1024 * 1024;
			const pair = makePair({
				seed,
				bulkBytes,
				oneWay: true,
				faults: faults(delayMs),
			});
			const isDone = () =>
				pair.client.ended !== undefined && pair.server.ended !== undefined;
			pair.network.run(isDone, 600_000);
			const { lost, sent } = pair.server.stats;
			const speed = 8 / (pair.network.nowMs / 1000);
			expect(lost / sent, `SEED=${seed}`).to.be.below(0.045);
			expect(speed, `SEED=${seed}`).to.be.above(least);

			const network = new UdpNetwork(seededRandom(seed), () => faults(delayMs));
			const tcp = new RenoFlow(
				network,
				{ address: SERVER.address, port: 99 },
				{ address: CLIENT.address, port: 99 },
			);
			network.runFor(5000);
			const reference = tcp.receivedBytes / 1024 / 1024 / 5;
			expect(speed, `SEED=${seed}`).to.be.above(reference);
		}).timeout(60_000);
	}
});
