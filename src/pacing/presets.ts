import type { PacingNumbers } from './numbers.js';

/** The presets of pacing; `docs/pacing.md` says what each is for. */
export type PresetName = 'default' | 'cellular' | 'lab';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

const standard: PacingNumbers = {
	firstWindowMs: 3 * SECOND,
	startSpreadMs: 5 * SECOND,
	networkUpSpreadMs: 2 * SECOND,
	oldSessionMs: 0,
	congestionEdgesMs: [
		5, 13.5, 34, 82, 126, 199, 284, 380, 494, 622, 752, 970, 1360, 1780, 2400,
		3250, 4200, 4660, 6260, 7570, 8560,
	].map((s) => s * SECOND),
	patienceMs: 65 * SECOND,
	longestPatienceMs: HOUR,
	localPeriodMs: 15 * SECOND,
	backoffFirstMs: 3 * SECOND,
	backoffPeriodMs: 89 * SECOND,
	slowFirstMs: 30 * SECOND,
	slowLongestMs: HOUR,
	stableAfterMs: 30 * SECOND,
	hintCeilingMs: 6 * HOUR,
	offlineLongestMs: 15 * 60 * SECOND,
	attemptsPerHour: 240,
};

/** Named sets of numbers. */
export const PRESETS: Readonly<Record<PresetName, PacingNumbers>> = {
	/** Brings a fleet back at the speed of its nodes, whatever its size. */
	default: standard,
	/** For metered links: fewer attempts, and a budget of bytes. */
	cellular: {
		...standard,
		localPeriodMs: 60 * SECOND,
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
		congestionEdgesMs: [1, 2, 4, 8, 16].map((s) => s * SECOND),
		patienceMs: 5 * SECOND,
		longestPatienceMs: 60 * SECOND,
		localPeriodMs: SECOND,
		backoffFirstMs: 500,
		backoffPeriodMs: 5 * SECOND,
		slowFirstMs: 2 * SECOND,
		slowLongestMs: 60 * SECOND,
		stableAfterMs: 5 * SECOND,
		attemptsPerHour: 36_000,
	},
};
