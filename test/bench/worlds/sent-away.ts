import { outcome } from '../../../src/outcome.js';
import {
	createPacing,
	pace,
	resolvePacing,
	type PacingEvent,
} from '../../../src/pacing/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

const HOUR_MS = 3600_000;
const AWAY = ['ws-going-away', 'ws-service-restart', 'goaway', 'drain-notice'];

/** A node that takes each link and sends it away, at once or a little later, for ever: the most attempts in a time. */
export function sentAway(seed: number): Record<string, number> {
	const random = seededRandom(seed);
	let state = createPacing(resolvePacing());
	let nowMs = 0;
	const tell = (event: PacingEvent): number => {
		const paced = pace(state, event, { nowMs, random });
		state = paced.state;
		return paced.wait?.delayMs ?? 0;
	};
	const attempts: number[] = [];
	nowMs += tell({ type: 'start' });
	while (nowMs < 6 * HOUR_MS) {
		attempts.push(nowMs);
		tell({ type: 'attempt' });
		if (random() < 0.7) {
			tell({ type: 'up' });
			nowMs += 5000 * random();
		}
		const code = AWAY[Math.floor(4 * random())] as 'goaway';
		const hint = random() < 0.5 ? { drainDeadlineMs: 0 } : {};
		nowMs += tell({ type: 'ended', outcome: outcome(code, 'Go.', { hint }) });
	}
	const most = (spanMs: number) =>
		attempts.reduce((best, from, i) => {
			let end = i;
			while (end < attempts.length && attempts[end]! < from + spanMs) {
				end++;
			}
			return Math.max(best, end - i);
		}, 0);
	return {
		'most an hour': most(HOUR_MS),
		'most a minute': most(60_000),
		'most a second': most(1000),
	};
}
