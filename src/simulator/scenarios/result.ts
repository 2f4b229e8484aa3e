import type { Refusal } from '../engine/limited-node.js';
import type { HintMode } from '../herd/setup.js';

/** What followed a deploy. */
export interface DeployResult {
	readonly atHours: number;
	/** Links that it cut. */
	readonly cut: number;
	/** Until every device of the fleet was back; null where the next deploy or the horizon came first. */
	readonly settledAfterSeconds: number | null;
	readonly attempts: number;
	/** Attempts that made no link. */
	readonly refused: number;
	/** The longest that a device was without a link; null where one still is when the next deploy or the horizon comes. */
	readonly longestAwaySeconds: number | null;
	/** The most attempts in any second, at all nodes together. */
	readonly peakPerSecond: number;
}

/** One line of a scenario's `compare`. */
export interface ScenarioResult {
	readonly scenario: string;
	readonly policy: string;
	readonly hints: HintMode;
	readonly devices: number;
	readonly deploys: readonly DeployResult[];
	/** From the first deploy until all was well for good; null where it never was. */
	readonly settledAfterHours: number | null;
	/** How long at least one device was away, in all. */
	readonly unsettledHours: number;
	/** Device hours that were lost. */
	readonly deviceHoursAway: number;
	readonly attemptsPerDevice: number;
	/** What the line says beyond policy and hints, where it does. */
	readonly refusal?: Refusal;
	readonly retryAfterSeconds?: number;
	readonly windowErrorFactor?: number;
	readonly hintLossShare?: number;
}

/** What came of a scenario. */
export interface ScenarioRun {
	readonly result: ScenarioResult;
	readonly timeline: {
		readonly attempts: { widthMs: number; counts: number[] };
		/** Links that came up and that were cut, bin by bin. */
		readonly returns: { widthMs: number; counts: number[] };
		readonly cuts: { widthMs: number; counts: number[] };
	};
}
