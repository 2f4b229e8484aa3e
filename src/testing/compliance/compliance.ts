import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

import type { Outcome } from '../../outcome.js';
import { systemClock, wait } from '../../runtime/index.js';
import {
	dial,
	failedDial,
	KEY,
	openHandles,
	PATIENCE_MS,
	request,
	soon,
	until,
	UUID,
} from './dials.js';
import type { ComplianceWorld } from './world.js';

/** What the suite needs of a test runner: mocha's, vitest's and `node:test`'s fit. */
export interface TestRunner {
	/** Groups tests, as mocha's and node:test's do. */
	readonly describe: (title: string, body: () => void) => unknown;
	/** Declares a test. */
	readonly it: (title: string, body: () => Promise<void>) => unknown;
}

/**
 * The rules of `Transport` as tests: every transport runs them. Each test makes a world of its own.
 *
 * @example
 * transportCompliance({ describe, it }, 'websocket', () =>
 * 	mockWorld('tcp', () => websocket({ insecure: true })));
 */
export function transportCompliance(
	{ describe, it }: TestRunner,
	title: string,
	makeWorld: () => Promise<ComplianceWorld>,
): void {
	const rule = (
		text: string,
		body: (world: ComplianceWorld) => Promise<void>,
	) =>
		it(text, async () => {
			const world = await makeWorld();
			try {
				await body(world);
			} finally {
				await world.stop();
			}
		});

	/** Groups tests, as mocha's and node:test's do. */
	describe(`The ${title} transport keeps the rules:`, () => {
		rule('its own options are valid', async ({ transport }) => {
			await Promise.resolve(transport.validate?.());
		});

		rule(
			'a link names its transport and node, and tells of itself',
			async (world) => {
				const link = await dial(world);
				assert.equal(link.transport, world.transport.name);
				assert.equal(link.node, world.node.name);
				const stats = link.stats();
				assert.ok(stats.ageMs >= 0 && stats.ageMs < PATIENCE_MS);
				assert.ok(stats.bytesIn >= 0 && stats.bytesOut >= 0);
				assert.equal(stats.openStreams, 0);
				await link.close(0);
			},
		);

		rule('a link carries bytes to a service and back', async (world) => {
			const echo = await startEcho();
			const link = await dial(world, { services: [{ port: echo.port }] });
			const socket = await world.open(UUID, echo.port);
			socket.write('hello');
			assert.equal(String((await once(socket, 'data'))[0]), 'hello');
			socket.destroy();
			await link.close(0);
			await echo.stop();
		});

		rule(
			'close ends a link as stopped, and may be called again',
			async (world) => {
				const link = await dial(world);
				await Promise.all([link.close(1000), link.close(0), link.close(500)]);
				assert.equal((await soon(link.ended)).kind, 'stopped');
				await link.close(0);
			},
		);

		rule('a link whose node dies ends, and says how', async (world) => {
			const link = await dial(world, { livenessMs: 1000 });
			await world.crash();
			const ended = await soon(link.ended);
			assert.ok(['lost', 'drained'].includes(ended.kind), ended.code);
			assert.ok(ended.message.length > 0);
			await link.close(0);
		});

		rule(
			'a drain is told, also to a listener that comes late',
			async (world) => {
				const link = await dial(world);
				let notices: Outcome[] = [];
				link.listen({
					onHint: () => undefined,
					onDrain: (notice) => notices.push(notice),
				});
				await world.drain(5000);
				await until(() => notices.length > 0);
				assert.equal(notices[0]!.kind, 'drained');
				notices = [];
				link.listen({
					onHint: () => undefined,
					onDrain: (notice) => notices.push(notice),
				});
				assert.equal(notices.length, 1);
				await link.close(0);
			},
		);

		rule(
			'a dial that is refused rejects with an outcome, and is not repeated',
			async (world) => {
				await world.refuse();
				const before = world.attempts();
				const ended = await failedDial(world);
				assert.ok(
					['unreachable', 'overloaded'].includes(ended.kind),
					ended.code,
				);
				assert.ok(world.attempts() - before <= 1);
			},
		);

		rule('a dial that nobody answers ends at its deadline', async (world) => {
			await world.mute();
			const startMs = systemClock.monotonicMs();
			const ended = await failedDial(world, { deadlineMs: 500 });
			assert.ok(['unreachable', 'overloaded'].includes(ended.kind), ended.code);
			assert.ok(systemClock.monotonicMs() - startMs < 500 + PATIENCE_MS / 2);
		});

		rule('a wrong key is rejected, and no key is told', async (world) => {
			const wrong = `${KEY}-wrong`;
			const ended = await failedDial(world, {
				device: { uuid: UUID, key: wrong },
			});
			assert.equal(ended.kind, 'rejected');
			const told = `${JSON.stringify(ended)} ${ended.cause?.stack}`;
			assert.ok(!told.includes(wrong));
			assert.ok(
				!told.includes(Buffer.from(`${UUID}:${wrong}`).toString('base64')),
			);
		});

		rule(
			'an abort rejects with its reason, before and during a dial',
			async (world) => {
				await world.mute();
				const reason = new Error('Enough.');
				for (const afterMs of [undefined, 0, 50]) {
					const controller = new AbortController();
					if (afterMs === undefined) {
						controller.abort(reason);
					}
					const dialled = world.transport
						.dial(request(world, { signal: controller.signal }))
						.then(
							() => undefined,
							(thrown: unknown) => thrown,
						);
					if (afterMs !== undefined) {
						await wait(systemClock, afterMs);
						controller.abort(reason);
					}
					assert.equal(await soon(dialled), reason);
				}
			},
		);

		rule('an abort after the dial leaves the link alone', async (world) => {
			const controller = new AbortController();
			const link = await dial(world, { signal: controller.signal });
			controller.abort(new Error('Too late.'));
			const first = await Promise.race([
				link.ended,
				wait(systemClock, 100).then(() => 'alive'),
			]);
			assert.equal(first, 'alive');
			await link.close(0);
		});

		rule('nothing is left of links and dials that are over', async (world) => {
			// The first of everything may open what the process keeps.
			await (await dial(world)).close(0);
			await until(() => true);
			const before = openHandles();
			for (let i = 0; i < 5; i++) {
				await (await dial(world)).close(0);
			}
			await world.refuse();
			await failedDial(world);
			await until(() => openHandles() <= before);
		});
	});
}

async function startEcho(): Promise<{ port: number; stop(): Promise<void> }> {
	const sockets: Socket[] = [];
	const server = createServer((socket) => {
		sockets.push(socket);
		socket.on('error', () => undefined).pipe(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		stop: async () => {
			sockets.forEach((socket) => socket.destroy());
			server.close();
			await once(server, 'close');
		},
	};
}
