import type { Hint } from '../../src/hint.js';
import { outcome, OUTCOMES, type OutcomeCode } from '../../src/outcome.js';
import type { WorldAnswer } from '../../src/simulator/devices/world.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import type { Transport } from '../../src/transport.js';

/** What becomes of a link. */
export interface LinkScript {
	/** Told so long after it came up. */
	readonly hint?: { readonly afterMs: number; readonly hint: Hint };
	/** Told to go so long after it came up. */
	readonly drainsAfterMs?: number;
	/** Lost so long after it came up; never where it is absent. */
	readonly endsAfterMs?: number;
	readonly endsWith: OutcomeCode;
}

/** What is done to the device from outside. */
export type Intervention =
	| { readonly type: 'network'; readonly up: boolean; readonly id: string }
	| { readonly type: 'nodes'; readonly nodes: readonly string[] };

/** One life of a device: all that happens to it, whatever it decides. */
export interface DecisionScript {
	readonly nodes: readonly string[];
	readonly transports: ReadonlyArray<Pick<Transport, 'name' | 'handover'>>;
	readonly untilMs: number;
	readonly interventions: ReadonlyArray<
		Intervention & { readonly atMs: number }
	>;
	/** Of the n-th attempt or probe. */
	answer(n: number): WorldAnswer;
	/** Of the n-th link. */
	link(n: number): LinkScript;
}

const NODES = ['192.0.2.1:443', '192.0.2.2:443', '192.0.2.3:443'];

const codes = Object.keys(OUTCOMES) as OutcomeCode[];
const kindsOf = (...kinds: string[]) =>
	codes.filter((code) => kinds.includes(OUTCOMES[code].kind));
const REFUSALS = kindsOf(
	'unreachable',
	'overloaded',
	'throttled',
	'rejected',
	'misconfigured',
);
const LOSSES = kindsOf('lost');
const DRAINS = kindsOf('drained').filter((code) => code !== 'superseded');

/** Draws a script. The same seed gives the same, and the n-th answer does not depend on which were asked for before. */
export function drawScript(seed: string): DecisionScript {
	const draw = seededRandom(seed);
	const pick = <T>(random: () => number, all: readonly T[]): T =>
		all[Math.floor(random() * all.length)]!;
	// Swarm testing: each script has its own idea of how often what happens.
	const refused = draw();
	const silent = draw();
	const queues = draw();
	const short = draw();
	const nodes = NODES.slice(0, 1 + Math.floor(draw() * 3));
	const transports = ['websocket', 'pigeon', 'smoke']
		.slice(0, 1 + Math.floor(draw() * 3))
		.map((name) => ({
			name,
			handover:
				draw() < 0.2
					? ('break-before-make' as const)
					: ('make-before-break' as const),
		}));
	const untilMs = 600_000 + Math.floor(draw() * 6 * 3_600_000);
	const interventions = Array.from({ length: Math.floor(draw() * 6) }, () => ({
		atMs: Math.floor(draw() * untilMs) + 0.25,
		...(draw() < 0.7
			? {
					type: 'network' as const,
					up: draw() < 0.7,
					id: pick(draw, ['eth0', 'wwan0']),
				}
			: { type: 'nodes' as const, nodes: [pick(draw, NODES)] }),
	})).sort((a, b) => a.atMs - b.atMs);
	const hintOf = (random: () => number): Hint => ({
		...(random() < 0.5 ? { retryAfterMs: 1000 * random() * 300 } : {}),
		...(random() < 0.5 ? { reconnectWindowMs: 1000 * random() * 600 } : {}),
		...(random() < 0.3 ? { nodeAgeMs: 1000 * random() * 600 } : {}),
	});
	// Sixty-fourths of a millisecond add up without a rest, in whatever order.
	const exact = (ms: number) => Math.floor(ms * 64) / 64;
	return {
		nodes,
		transports,
		untilMs,
		interventions,
		answer(n) {
			const random = draw.fork(`answer ${n}`);
			// Fractions of their own, so that no two things happen at the same moment.
			const slow = random() < silent;
			const queued = slow && random() < queues;
			const afterMs = exact(
				(queued
					? random() ** 3 * 7_200_000
					: slow
						? random() * 8_000
						: random() * 200) + 1,
			);
			const taken = queued
				? { connectedAfterMs: exact(Math.min(afterMs / 2, random() * 5_000)) }
				: {};
			if (random() >= refused) {
				return { afterMs, ...taken };
			}
			const hint = random() < 0.3 ? { hint: hintOf(random) } : {};
			return {
				afterMs,
				...taken,
				refusal: outcome(pick(random, REFUSALS), 'By script.', hint),
			};
		},
		link(n) {
			const random = draw.fork(`link ${n}`);
			const lastsMs = exact(
				(random() < short ? random() * 40_000 : random() * 7_200_000) + 1,
			);
			const drains = random() < 0.3;
			return {
				...(random() < 0.3
					? {
							hint: {
								afterMs: exact(random() * lastsMs * 0.5),
								hint: hintOf(random),
							},
						}
					: {}),
				...(drains ? { drainsAfterMs: exact(lastsMs * 0.75) } : {}),
				...(random() < 0.9 ? { endsAfterMs: lastsMs } : {}),
				endsWith: pick(random, LOSSES),
			};
		},
	};
}

/** How a link is told to go. */
export function noticeOf(n: number): ReturnType<typeof outcome> {
	return outcome(DRAINS[n % DRAINS.length]!, 'By script.', {
		...(n % 2 === 0 ? { hint: { drainDeadlineMs: 30_000 } } : {}),
	});
}
