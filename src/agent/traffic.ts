import type { Timer } from '../runtime/index.js';
import type { Decider } from './decider.js';
import type { Held } from './links.js';
import type { ResolvedOptions } from './options.js';

/** How often the bytes that a link moves are charged to the budget, where there is one. */
const INTERVAL_MS = 60_000;

/** Charges what a link moves while it is current; what is left is charged by `release`. */
export function chargeTraffic(
	held: Held,
	decider: Decider,
	{ runtime, pacing }: ResolvedOptions,
): { release(): void } {
	const charge = () => {
		const { bytesIn, bytesOut } = held.link.stats();
		const bytes = Math.max(0, bytesIn + bytesOut - held.chargedBytes);
		held.chargedBytes += bytes;
		decider.tell({ type: 'traffic', bytes });
	};
	let timer: Timer | undefined;
	const chargeAgain = () => {
		charge();
		timer = runtime.clock.setTimer(INTERVAL_MS, chargeAgain);
	};
	if (pacing.bytesPerHour !== undefined) {
		timer = runtime.clock.setTimer(INTERVAL_MS, chargeAgain);
	}
	return {
		release: () => {
			timer?.cancel();
			charge();
		},
	};
}
