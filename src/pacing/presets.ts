import type { PacingNumbers } from './options.js';

export type PresetName = 'default' | 'cellular' | 'lab';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

const standard: PacingNumbers = {
	firstWindowMs: 3 * SECOND,
	startSpreadMs: 5 * SECOND,
	networkUpSpreadMs: 2 * SECOND,
	clockStepSpreadMs: 5 * SECOND,
	oldSessionMs: 0,
	congestionEdgesMs: [
		11, 21.3, 49.5, 98, 128, 188, 280, 395, 535, 755, 1000, 1360, 1880, 2320,
		3200, 4300, 5000, 5450, 6900, 9300, 12400,
	].map((s) => s * SECOND),
	refusedFloorMs: 500,
	secondTryFromMs: 1740 * SECOND,
	secondTryShare: 0.112,
	windowLead: 0.012,
	windowStretch: 1.0485,
	windowRetryFrom: 0.5,
	windowRetryEnds: [1.092, 1.117],
	drainShare: 0.8,
	slotJitterMs: 100,
	constantSpread: 7,
	backoffFirstMs: 3 * SECOND,
	backoffGrowth: 4,
	backoffPeriodMs: 89 * SECOND,
	slowFirstMs: 30 * SECOND,
	slowGrowth: 2,
	slowLongestMs: HOUR,
	hedgeFromMs: 14 * SECOND,
	hedgeToMs: 49 * SECOND,
	stableAfterMs: 30 * SECOND,
	hintFloorMs: SECOND,
	hintCeilingMs: 6 * HOUR,
	offlineLongestMs: 15 * 60 * SECOND,
	longestWaitMs: 24 * HOUR,
	attemptsPerHour: 240,
	attemptBytes: 8192,
};

/** Named sets of numbers. */
export const PRESETS: Readonly<Record<PresetName, PacingNumbers>> = {
	/** Brings a fleet back at the speed of its nodes, whatever its size. */
	default: standard,
	/** For metered links: fewer attempts, and a budget of bytes. */
	cellular: {
		...standard,
		backoffPeriodMs: 300 * SECOND,
		attemptsPerHour: 60,
		bytesPerHour: 20 * 1024 * 1024,
	},
	/** For a bench with a few devices, where nobody wants to wait. Never for a fleet. */
	lab: {
		...standard,
		firstWindowMs: 200,
		startSpreadMs: 200,
		networkUpSpreadMs: 100,
		clockStepSpreadMs: 200,
		congestionEdgesMs: [1, 2, 4, 8, 16].map((s) => s * SECOND),
		backoffFirstMs: 500,
		backoffGrowth: 2,
		backoffPeriodMs: 5 * SECOND,
		slowFirstMs: 2 * SECOND,
		slowLongestMs: 60 * SECOND,
		hedgeFromMs: SECOND,
		hedgeToMs: 2 * SECOND,
		stableAfterMs: 5 * SECOND,
		attemptsPerHour: 36_000,
	},
};
