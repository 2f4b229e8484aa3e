import { expect } from 'chai';

import { drain } from '../../../src/operator/index.js';
import { settle } from '../../../src/testing/settle.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

describe('drain', () => {
	let clock: VirtualClock;
	let cutAt: number[];

	beforeEach(() => {
		clock = new VirtualClock();
		cutAt = [];
	});

	afterEach(() => {
		expect(clock.pending).to.equal(0);
	});

	const clients = (count: number) =>
		Array.from({ length: count }, (_, cid) => ({ cid: String(cid) }));

	const noted = (reply?: string) => () => {
		cutAt.push(clock.monotonicMs());
		return Promise.resolve(reply);
	};

	/** Lets time pass in small steps, so that what waits for promises keeps up. */
	async function pass(ms: number, stepMs = 10) {
		for (let passed = 0; passed < ms; passed += stepMs) {
			await settle();
			clock.advance(stepMs);
		}
		await settle();
	}

	it('cuts evenly over the time, each at its moment and none before', async () => {
		const startMs = clock.monotonicMs();
		const over = drain(clients(50), noted('SUCCESS: done'), {
			overMs: 10_000,
			clock,
		});
		await pass(10_000);
		expect(await over).to.deep.equal({ cut: 50, failed: [], left: [] });
		expect(cutAt).to.have.length(50);
		cutAt.forEach((atMs, i) => {
			expect(atMs - startMs, `client ${i}`).to.be.within(200 * i, 200 * i + 10);
		});
	});

	it('is spaced by who is connected now, however many there were before', async () => {
		const ever = clients(1000);
		const now = ever.slice(-5);
		const over = drain(now, noted(), { overMs: 5000, clock });
		await pass(5000);
		expect((await over).cut).to.equal(5);
		const gaps = cutAt.slice(1).map((atMs, i) => atMs - cutAt[i]!);
		expect(Math.min(...gaps)).to.be.at.least(990);
	});

	it('reports whose cut failed and why, and goes on', async () => {
		const replies = [
			'SUCCESS: client-kill command succeeded',
			'ERROR: client-kill command failed',
			new Error('the seat is gone'),
			undefined,
		];
		const all = clients(4);
		const over = drain(
			all,
			() => {
				const reply = replies.shift();
				return reply instanceof Error
					? Promise.reject(reply)
					: Promise.resolve(reply);
			},
			{ overMs: 40, clock },
		);
		await pass(100);
		expect(await over).to.deep.equal({
			cut: 2,
			failed: [
				{ client: all[1], reason: 'ERROR: client-kill command failed' },
				{ client: all[2], reason: 'the seat is gone' },
			],
			left: [],
		});
	});

	it('does not wait for ever for a reply, and is never denser after one that was late', async () => {
		let first = true;
		const over = drain(
			clients(10),
			async (_client, signal) => {
				cutAt.push(clock.monotonicMs());
				if (first) {
					first = false;
					await new Promise((_resolve, reject) => {
						signal.addEventListener('abort', () => {
							reject(signal.reason as Error);
						});
					});
				}
				return undefined;
			},
			{ overMs: 1000, replyMs: 250, clock },
		);
		await pass(1000);
		const { cut, failed } = await over;
		expect(cut).to.equal(9);
		expect(failed[0]!.reason).to.equal('There was no reply within 0.25 s.');
		expect(cutAt.at(-1)! - cutAt[0]!).to.be.within(890, 920);
	});

	it('ends at once when it is aborted, and says who is left', async () => {
		const controller = new AbortController();
		const all = clients(10);
		const over = drain(all, noted(), {
			overMs: 10_000,
			clock,
			signal: controller.signal,
		});
		await pass(2500);
		controller.abort();
		const { cut, left } = await over;
		expect(cut).to.equal(3);
		expect(left).to.deep.equal(all.slice(3));
		const none = await drain(all, noted(), {
			overMs: 0,
			clock,
			signal: controller.signal,
		});
		expect(none).to.deep.equal({ cut: 0, failed: [], left: all });
		expect(cutAt).to.have.length(3);
	});

	it('has nothing to do without clients, and names an option that is wrong', async () => {
		expect(await drain([], noted(), { overMs: 1000, clock })).to.deep.equal({
			cut: 0,
			failed: [],
			left: [],
		});
		const wrong = drain([], noted(), { overMS: 1 } as never);
		expect(
			await wrong.then(
				() => 'nothing',
				(error: Error) => error.message,
			),
		).to.contain('did you mean `overMs`?');
	});
});
