import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import type { FailedEvent } from '../../../src/agent/events.js';
import type { CloudlinkError } from '../../../src/errors.js';
import type { Hint } from '../../../src/hint.js';
import { DialError, outcome, type Outcome } from '../../../src/outcome.js';
import {
	seededRandom,
	settle,
	VirtualClock,
} from '../../../src/testing/index.js';
import type { Link, Transport } from '../../../src/transport.js';
import { FakeLink, FakeTransport } from '../../support/fake-transport.js';

const never = async <T>() => await new Promise<T>(() => undefined);

/** `stop()` waits so long for a dial, for a link and for what the transport keeps, one after the other. */
const LONGEST_STOP_MS = 21_000;

describe('A transport that breaks its contract', () => {
	let clock: VirtualClock;
	let transport: FakeTransport;
	let agent: CloudlinkAgent;
	let warnings: CloudlinkError[];
	let failures: FailedEvent[];

	const start = async (others: Transport[] = []) => {
		agent = new CloudlinkAgent({
			device: { uuid: 'a1b2c3', key: 'secret' },
			nodes: ['127.0.0.1:443'],
			transports: [transport, ...others],
			runtime: { clock, random: seededRandom(7) },
		});
		agent.on('warning', (warning) => warnings.push(warning));
		agent.on('failed', (failed) => failures.push(failed));
		await agent.start();
	};
	const startUp = async () => {
		await start();
		await clock.advanceAsync(5_000);
		expect(agent.state).to.equal('up');
	};
	const stop = async () => {
		let stopped = false;
		const stopping = agent.stop().then(() => (stopped = true));
		await clock.advanceAsync(LONGEST_STOP_MS);
		expect(stopped, 'stop() ends').to.equal(true);
		await stopping;
		expect(clock.pending, 'timers').to.equal(0);
	};
	/** What was warned of, by its code and the words after the transport's name. */
	const expectWarnings = (...says: RegExp[]) => {
		expect(warnings.map(({ code }) => code)).to.deep.equal(
			says.map(() => 'ERR_CLOUDLINK_TRANSPORT'),
		);
		for (const [index, words] of says.entries()) {
			expect(warnings[index]!.message)
				.to.match(words)
				.and.match(/^The transport websocket /);
		}
	};

	beforeEach(() => {
		clock = new VirtualClock();
		transport = new FakeTransport();
		warnings = [];
		failures = [];
	});

	it('and ignores its signal costs one bounded attempt', async () => {
		const dial = transport.dial.bind(transport);
		transport.dial = async () => {
			transport.dial = dial;
			return await never();
		};
		await start();
		await clock.advanceAsync(5_000 + 10_000 + 7_000 + 7_000);
		expect(failures.map(({ outcome: { code } }) => code)).to.deep.equal([
			'transport-failed',
		]);
		expectWarnings(/did not end an attempt .* left behind/);
		await clock.advanceAsync(20_000);
		expect(agent.state).to.equal('up');
		await stop();
	});

	it('and ignores its signal does not hold up stop(), and its late link is closed', async () => {
		let answer!: (link: Link) => void;
		transport.dial = async () =>
			await new Promise((resolve) => (answer = resolve));
		await start();
		await clock.advanceAsync(5_000);
		expect(agent.state).to.equal('connecting');
		await stop();
		const late = new FakeLink('websocket', '127.0.0.1:443');
		answer(late);
		await settle();
		expect(late.graces).to.deep.equal([0]);
		expect(clock.pending).to.equal(0);
	});

	it('and gives no link, or an outcome that is none, costs one attempt each', async () => {
		const answers: unknown[] = [
			undefined,
			'a link',
			{ ended: Promise.resolve(), close: 3 },
			new DialError(outcome('stopped', 'Not by us.')),
			new DialError({ ...outcome('http-429', ''), code: 'made-up' as never }),
		];
		const dial = transport.dial.bind(transport);
		transport.dial = async (request) => {
			if (answers.length === 0) {
				return await dial(request);
			}
			const answer = answers.shift();
			if (answer instanceof Error) {
				throw answer;
			}
			return answer as Link;
		};
		await start();
		await clock.advanceAsync(600_000);
		expect(failures.map(({ outcome: { code } }) => code)).to.deep.equal(
			Array<string>(5).fill('transport-failed'),
		);
		expect(agent.state).to.equal('up');
		expect(warnings).to.be.empty;
		await stop();
	});

	it('and rejects `ended`, or ends with nothing, is a link that failed', async () => {
		const ends: Array<() => Promise<Outcome>> = [
			async () => await Promise.reject(new Error('a bug')),
			async () => await Promise.resolve(undefined as unknown as Outcome),
			async () => await Promise.resolve(outcome('stopped', 'Not by us.')),
		];
		const codes: string[] = [];
		const dial = transport.dial.bind(transport);
		transport.dial = async (request) => {
			const link = await dial(request);
			const ended = ends.shift()?.();
			ended?.catch(() => undefined);
			return ended ? Object.assign(link, { ended }) : link;
		};
		await start();
		agent.on('down', ({ outcome: { code } }) => codes.push(code));
		await clock.advanceAsync(300_000);
		expect(codes).to.deep.equal(Array<string>(3).fill('link-failed'));
		expect(agent.state).to.equal('up');
		expectWarnings(
			/rejected .* a bug/,
			/failed to close a link: a bug/,
			/did not say how/,
			/did not say how/,
		);
		await stop();
	});

	for (const [what, close, words] of [
		['hangs in close()', never<void>, /did not close/],
		[
			'throws in close()',
			() => {
				throw new Error('a bug');
			},
			/failed to close a link: a bug/,
		],
	] as const) {
		it(`and ${what} does not hold up stop()`, async () => {
			await startUp();
			transport.link.close = close;
			await stop();
			expectWarnings(
				...(what.startsWith('throws') ? [words, /did not close/] : [words]),
			);
		});
	}

	it('and hangs in close() does not hold up the successor of a link that drains', async () => {
		transport = new FakeTransport(['up'], 'websocket', 'break-before-make');
		await startUp();
		transport.link.close = never;
		transport.link.listener!.onDrain(outcome('goaway', 'Go.'));
		await clock.advanceAsync(120_000);
		expect(transport.links).to.have.length(2);
		expect(agent.state).to.equal('up');
		await stop();
	});

	it('and gives a deadline that is no number is heard without it', async () => {
		for (const wrong of ['soon', NaN, -1, Infinity, null]) {
			transport = new FakeTransport();
			warnings = [];
			await startUp();
			const old = transport.link;
			const hint = { drainDeadlineMs: wrong } as Hint;
			old.listener!.onHint({ retryAfterMs: wrong } as Hint);
			old.listener!.onDrain(outcome('goaway', 'Go.', { hint }));
			await clock.advanceAsync(120_000);
			expect(agent.state).to.equal('up');
			expect(transport.links).to.have.length(2);
			expect(old.graces).to.deep.equal([60_000]);
			// The old link serves on, for longer than its grace.
			expectWarnings(/gave a hint that is none/, /did not close/);
			await stop();
		}
	});

	it('and throws or lies wherever else it is called keeps its link', async () => {
		const fail = () => {
			throw new Error('a bug');
		};
		Object.assign(transport, { engage: fail, release: never });
		const dial = transport.dial.bind(transport);
		transport.dial = async (request) => {
			const link = (await dial(request)) as FakeLink;
			link.listen = fail;
			link.stats = () => ({ bytesIn: NaN, bytesOut: 'many' }) as never;
			link.checkLiveness = fail;
			return link;
		};
		await startUp();
		expect(agent.status().link?.stats).to.deep.equal({
			ageMs: 0,
			bytesIn: 0,
			bytesOut: 0,
			openStreams: 0,
		});
		agent.networkChanged({ up: true, id: 'other' });
		await clock.advanceAsync(60_000);
		transport.link.stats = fail;
		expect(agent.status().link?.stats.bytesIn).to.equal(0);
		expect(agent.state).to.equal('up');
		expect(transport.links).to.have.length(1);
		await stop();
		expectWarnings(
			/failed to be engaged: a bug/,
			/failed to take a listener: a bug/,
			/failed to say whether a link lives: a bug/,
			/failed to count: a bug/,
			/was not released in time/,
		);
	});

	it('and never answers whether its link lives has it made anew, once and again', async () => {
		await startUp();
		for (let links = 1; links <= 2; links++) {
			transport.link.checkLiveness = never;
			agent.networkChanged({ up: true, id: `network ${links}` });
			await clock.advanceAsync(20_000);
			expect(transport.links).to.have.length(links + 1);
			expect(agent.state).to.equal('up');
		}
		await stop();
	});
});
