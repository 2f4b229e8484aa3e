import { expect } from 'chai';

import {
	createPacing,
	pace,
	resolvePacing,
} from '../../../src/pacing/index.js';
import type { PacingEvent, Wait } from '../../../src/pacing/types.js';
import type { Outcome } from '../../../src/outcome.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import {
	createSelection,
	reportFailback,
	reportTransport,
	failbackDue,
	selectTransport,
} from '../../../src/selection/index.js';
import type { TransportName } from '../../../src/transport.js';
import { ended } from './carrier.js';

/** What a dial comes to, and how long it takes. */
type Dial = { readonly ms: number; readonly failed?: Outcome };
type Path = (transport: TransportName, sinceMs: number) => Dial;

interface Attempt {
	readonly transport: TransportName;
	readonly atMs: number;
	readonly endMs: number;
	/** The wait that pacing gave before it. */
	readonly wait: Wait;
}

const refused: Dial = { ms: 5, failed: ended('connect-refused') };
const blackHoled: Dial = { ms: 10_000, failed: ended('connect-timeout') };
const blocked: Dial = { ms: 5_000, failed: ended('udp-blocked') };
const reset: Dial = { ms: 20, failed: ended('early-reset') };
const works: Dial = { ms: 300 };
const SEEDS = 200;

interface EpisodeOptions {
	readonly transports?: readonly TransportName[];
	readonly maxAttempts?: number;
	/** What pacing is told at first. */
	readonly start?: PacingEvent;
}

/**
 * One device with one node, as the agent joins pacing and selection: from the loss of a link until the next
 * one is up, or for `maxAttempts`.
 */
function episode(path: Path, seed: string, options: EpisodeOptions = {}) {
	const {
		transports = ['websocket', 'udp'],
		maxAttempts = 50,
		start = { type: 'ended', outcome: ended('link-reset') },
	} = options;
	const chance = seededRandom(`${seed}/selection`);
	const pacingChance = seededRandom(`${seed}/pacing`);
	let pacing = createPacing(resolvePacing());
	let selection = createSelection({ transports });
	let nowMs = 1000;
	const tell = (event: PacingEvent) => {
		const paced = pace(pacing, event, { nowMs, random: pacingChance });
		pacing = paced.state;
		return paced.wait!;
	};
	tell({ type: 'up' });
	nowMs += 600_000;
	const lostAtMs = nowMs;
	let wait = tell(start);
	const attempts: Attempt[] = [];
	while (attempts.length < maxAttempts) {
		nowMs += wait.delayMs;
		const { transport } = selectTransport(selection, nowMs);
		tell({ type: 'attempt' });
		const { ms, failed } = path(transport, nowMs - lostAtMs);
		attempts.push({
			transport,
			atMs: nowMs - lostAtMs,
			endMs: nowMs + ms - lostAtMs,
			wait,
		});
		nowMs += ms;
		const when = { nowMs, random: chance };
		const event = failed ? { ended: failed, lastedMs: 0, stable: false } : 'up';
		selection = reportTransport(selection, { transport, event }, when);
		if (failed === undefined) {
			break;
		}
		wait = tell({ type: 'ended', outcome: failed });
	}
	return { attempts, selection, nowMs, chance, up: attempts.at(-1)! };
}

const seeds = Array.from({ length: SEEDS }, (_, i) => `carrier/${i}`);
const replay = (seed: string) => `seed ${seed}`;

describe('pacing and the choice of transport together, for one node and the defaults', () => {
	const limits: Array<[what: string, tcp: Dial, seconds: number]> = [
		['refused', refused, 30],
		['black-holed', blackHoled, 45],
		['reset before the answer', reset, 180],
	];
	for (const [what, tcp, seconds] of limits) {
		it(`is up over UDP within ${seconds} s of a link that was lost, where TCP is ${what}`, () => {
			for (const seed of seeds) {
				const { attempts, up } = episode(
					(transport) => (transport === 'udp' ? works : tcp),
					seed,
				);
				expect(
					attempts.map(({ transport }) => transport),
					replay(seed),
				).to.deep.equal(['websocket', 'websocket', 'udp']);
				expect(up.endMs / 1000, replay(seed)).to.be.at.most(seconds);
			}
		});
	}

	it('is up over UDP within 45 s of the start, where TCP is black-holed', () => {
		for (const seed of seeds) {
			const { up } = episode(
				(transport) => (transport === 'udp' ? works : blackHoled),
				seed,
				{ start: { type: 'start' } },
			);
			expect(up.transport).to.equal('udp');
			expect(up.endMs / 1000, replay(seed)).to.be.at.most(45);
		}
	});

	it('is up over TCP within 20 s where UDP is preferred and blocked', () => {
		for (const seed of seeds) {
			const { up } = episode(
				(transport) => (transport === 'udp' ? blocked : works),
				seed,
				{ transports: ['udp', 'websocket'] },
			);
			expect(up.transport).to.equal('websocket');
			expect(up.endMs / 1000, replay(seed)).to.be.at.most(20);
		}
	});

	it('never dials two at a time, and waits out what pacing gave before each', () => {
		for (const seed of seeds) {
			const { attempts } = episode(
				(transport) => (transport === 'udp' ? blocked : blackHoled),
				seed,
			);
			attempts.slice(1).forEach((attempt, index) => {
				const before = attempts[index]!;
				expect(attempt.atMs - before.endMs, replay(seed)).to.be.closeTo(
					attempt.wait.delayMs,
					0.001,
				);
			});
		}
	});

	it('makes not one attempt more, nor any sooner, with two transports than with one', () => {
		for (const seed of seeds) {
			const one = episode(() => reset, seed, { transports: ['websocket'] });
			const two = episode(() => reset, seed);
			expect(
				two.attempts.map(({ atMs }) => atMs),
				replay(seed),
			).to.deep.equal(one.attempts.map(({ atMs }) => atMs));
			expect(
				new Set(two.attempts.map(({ transport }) => transport)).size,
			).to.equal(2);
		}
	});

	it('does not shorten a wait that a node gave, by a change of transport', () => {
		const slot = ended('http-429', { retryAfterMs: 120_000 });
		for (const seed of seeds) {
			let dials = 0;
			const { attempts } = episode(() => {
				dials++;
				return dials === 1
					? reset
					: dials === 2
						? { ms: 20, failed: slot }
						: works;
			}, seed);
			const [, refusedAttempt, next] = attempts;
			expect(next!.atMs - refusedAttempt!.endMs, replay(seed)).to.be.at.least(
				120_000,
			);
			expect(next!.transport, 'the node spoke: TCP is open').to.equal(
				'websocket',
			);
		}
	});

	it('is back within two minutes of the end of an outage of ten, on either transport', () => {
		for (const seed of seeds) {
			const { up } = episode(
				(transport, sinceMs) =>
					sinceMs > 600_000 ? works : transport === 'udp' ? blocked : refused,
				seed,
			);
			expect(up.endMs - 600_000, replay(seed)).to.be.within(0, 120_000);
		}
	});

	it('tries the preferred transport beside the live link, less and less often, and returns when it works', () => {
		for (const seed of seeds) {
			const first = episode(
				(transport) => (transport === 'udp' ? works : refused),
				seed,
			);
			let { selection, nowMs } = first;
			const opensAtMs = nowMs + 3 * 3_600_000;
			const trials: number[] = [];
			for (;;) {
				const due = failbackDue(selection, 'udp', nowMs)!;
				expect(due.transport).to.equal('websocket');
				nowMs = Math.max(nowMs, due.at);
				trials.push(nowMs);
				const outcome =
					nowMs >= opensAtMs ? undefined : ended('connect-refused');
				selection = reportFailback(
					selection,
					{ transport: 'websocket', ok: outcome === undefined, outcome },
					{ nowMs, random: first.chance },
				);
				if (outcome === undefined) {
					break;
				}
			}
			// 5 min, 10, 20, 40, 80, 160 and their jitter: from five to seven trials in three hours and after.
			expect(trials.length, replay(seed)).to.be.within(4, 9);
			const waits = trials.map((at, i) => at - (trials[i - 1] ?? first.nowMs));
			waits.forEach((waitMs, i) => {
				const nominal = Math.min(300_000 * 2 ** i, 4 * 3_600_000);
				expect(waitMs / nominal, replay(seed)).to.be.within(0.5, 1.5);
			});
			expect(selectTransport(selection, nowMs).transport).to.equal('websocket');
		}
	});
});
