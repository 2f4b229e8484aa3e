import { expect } from 'chai';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { makeDoor, makeGateway } from '../../../examples/node-gateway.js';
import { CloudlinkAgent, websocket } from '../../../src/index.js';
import { MockCloudlink } from '../../../src/testing/index.js';
import {
	isInstalled,
	PROGRAMS,
	startGateway,
	type Gateway,
} from './gateway.js';
import { overload, startBackend } from './overload.js';

const LIMIT = 100;
const DEVICES = 80;
const FLEET_LIMIT = 16;
/** What a fleet of 80 needs at 16 a second. */
const BOUND_SECONDS = DEVICES / FLEET_LIMIT;

/** A fleet behind a gateway dials at once, is let in, is cut off, and comes back. */
async function comeBack(
	start: (backends: readonly [string, string]) => Promise<Gateway>,
) {
	const mock = await MockCloudlink.start({ nodes: 2 });
	const gateway = await start([mock.nodes[0]!.address, mock.nodes[1]!.address]);
	let attempts = 0;
	const agents = Array.from({ length: DEVICES }, (_, i) => {
		const agent = new CloudlinkAgent({
			device: { uuid: `device${i}`, key: 'secret' },
			nodes: [`127.0.0.1:${gateway.port}`],
			transports: [websocket({ insecure: true })],
			pacing: { startSpreadMs: 0 },
		});
		agent.on('attempt', () => {
			attempts++;
		});
		return agent;
	});
	/** When 95 % and all were back, over what they need at least, and their attempts. */
	const back = async (fromMs: number) => {
		const times = await Promise.all(
			agents.map(async (agent) => {
				await agent.waitUntilUp();
				return (performance.now() - fromMs) / 1000 / BOUND_SECONDS;
			}),
		);
		times.sort((a, b) => a - b);
		const each = attempts / DEVICES;
		attempts = 0;
		return {
			t95: times[Math.ceil(0.95 * DEVICES) - 1]!,
			t100: times.at(-1)!,
			attempts: each,
		};
	};
	try {
		// Nobody was told anything, and all dial in the same moment.
		const startMs = performance.now();
		await Promise.all(
			agents.map(async (agent) => {
				await agent.start();
			}),
		);
		const untold = await back(startMs);
		const retries = agents.map(
			async (agent) =>
				await new Promise<number | undefined>((resolve) => {
					agent.once('retry', ({ windowMs }) => {
						resolve(windowMs);
					});
				}),
		);
		await pause(200);
		const lostMs = performance.now();
		await Promise.all([mock.crash(0), mock.crash(1)]);
		await Promise.all([mock.restart(0), mock.restart(1)]);
		const windows = await Promise.all(retries);
		return { untold, told: await back(lostMs), windows };
	} finally {
		await Promise.all(
			agents.map(async (agent) => {
				await agent.stop();
			}),
		);
		await gateway.stop();
		await mock.stop();
	}
}

async function startNodeGateway(
	backends: readonly [string, string],
): Promise<Gateway> {
	const server = makeGateway(backends, FLEET_LIMIT, BOUND_SECONDS);
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		port: (server.address() as AddressInfo).port,
		stop: async () => {
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

describe('the gateways of docs/operating-nodes.md', function () {
	this.timeout(60_000);
	const programs = PROGRAMS.filter(isInstalled);

	it('let in what their limit says under 1.3 and 3 times as much, and spread what they refuse', async () => {
		const backend = await startBackend();
		const backends = [backend.address, backend.address] as const;
		const runs = programs.flatMap((program) =>
			[1.3, 3].map((times) => ({ program, times })),
		);
		const seen = await Promise.all(
			runs.map(async ({ program, times }) => {
				const gateway = await startGateway(program, {
					limit: LIMIT,
					windowSeconds: 200,
					backends,
				});
				const admitted = await overload(gateway.port, times * LIMIT, 4);
				await gateway.stop();
				return { name: `${program} at ${times} times`, times, ...admitted };
			}),
		);
		await backend.stop();
		for (const { name, times, sent, admitted, retryAfterSeconds } of seen) {
			// Or it would not have been overloaded.
			expect(sent, name).to.be.above(0.95 * times * LIMIT);
			// A burst that was saved up comes on top.
			expect(admitted, name).to.be.within(0.95 * LIMIT, 1.3 * LIMIT);
			const half = retryAfterSeconds.filter((each) => each <= 100).length;
			expect(half / retryAfterSeconds.length, name).to.be.within(0.3, 0.7);
			expect(Math.max(...retryAfterSeconds), name).to.be.within(150, 201);
		}
	});

	for (const times of [1.3, 3]) {
		it(`let in what their limit says under ${times} times as much: the door in Node`, () => {
			let now = 0;
			const door = makeDoor(LIMIT, () => now);
			/** When each device comes, in the order of time: new ones, and those whose turn it is. */
			const due = Array.from({ length: 10 * times * LIMIT }, (_, i) => ({
				at: i / (times * LIMIT),
				device: `device${i}`,
			}));
			const admitted: number[] = [];
			let attempts = 0;
			while (due.length > 0) {
				due.sort((a, b) => a.at - b.at);
				const { at, device } = due.shift()!;
				now = at;
				attempts++;
				const waitSeconds = door(device);
				if (waitSeconds === undefined) {
					admitted.push(at);
				} else {
					due.push({ at: at + waitSeconds, device });
				}
			}
			const inTime = admitted.filter((at) => at >= 1 && at < 10).length;
			expect(inTime / 9).to.be.within(0.95 * LIMIT, 1.2 * LIMIT);
			expect(admitted).to.have.length(10 * times * LIMIT);
			expect(attempts / admitted.length).to.be.below(2.05);
		});
	}

	it('bring a fleet back as the page says', async () => {
		const inNode = comeBack(startNodeGateway);
		const seen = await Promise.all(
			programs.map(async (program) => ({
				program,
				...(await comeBack(
					async (backends) =>
						await startGateway(program, {
							limit: FLEET_LIMIT,
							windowSeconds: BOUND_SECONDS,
							backends,
						}),
				)),
			})),
		);
		// Every device has a place of its own there.
		const node = { program: 'node', ...(await inNode) };
		expect(node.untold.t100).to.be.below(2.6);
		expect(node.untold.attempts).to.be.below(2.2);
		for (const { program, untold, told, windows } of [...seen, node]) {
			for (const windowMs of windows) {
				expect(windowMs, program).to.be.within(
					BOUND_SECONDS * 1000,
					1.06 * BOUND_SECONDS * 1000,
				);
			}
			expect(untold.t95, program).to.be.below(2.6);
			expect(untold.t100, program).to.be.below(4);
			expect(untold.attempts, program).to.be.within(1.3, 3.2);
			expect(told.t95, program).to.be.below(1.6);
			// Whoever is refused in a crowded second is sent into one more window.
			expect(told.t100, program).to.be.below(3);
			expect(told.attempts, program).to.be.below(1.4);
		}
	});
});
