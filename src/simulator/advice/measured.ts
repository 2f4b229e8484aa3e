import type { ScenarioRun } from '../scenarios/index.js';
import { nodeRate, type Scenario } from '../scenarios/index.js';

/** What a run came to, in the figures that a plan hangs on. */
export interface Measured {
	/** Until every device had a link, after the worst of the deploys; null where that was not before the next or the end. */
	readonly settledSeconds: number | null;
	/** The longest that any device was without a link; null where one still is. */
	readonly longestAwaySeconds: number | null;
	/** How long a device whose link was cut was without one, on the mean. */
	readonly meanAwaySeconds: number;
	readonly attempts: number;
	readonly refused: number;
	/** Links that were cut. */
	readonly cut: number;
	/** The most attempts in a second, and that over what the nodes that they went to accept. */
	readonly peakPerSecond: number;
	readonly peakOverRate: number;
	/** Of what the nodes did, the share that went into refusals; null where that is not what they spend it on. */
	readonly refusalShare: number | null;
}

export function measure(scenario: Scenario, { result }: ScenarioRun): Measured {
	const { deploys, deviceHoursAway } = result;
	const worst = (value: (deploy: (typeof deploys)[number]) => number | null) =>
		deploys.reduce<number | null>((most, deploy) => {
			const each = value(deploy);
			return most === null || each === null ? null : Math.max(most, each);
		}, 0);
	const sum = (value: (deploy: (typeof deploys)[number]) => number) =>
		deploys.reduce((all, deploy) => all + value(deploy), 0);
	const cut = sum((deploy) => deploy.cut);
	const attempts = sum((deploy) => deploy.attempts);
	const refused = sum((deploy) => deploy.refused);
	const rate = nodeRate(scenario);
	const peaks = deploys.map(
		({ peakPerSecond }, i) =>
			peakPerSecond / (rate * scenario.deploys[i]!.nodesReplaced),
	);
	const cost = refused * scenario.nodes.rejectCost;
	return {
		settledSeconds: worst(({ settledAfterSeconds }) => settledAfterSeconds),
		longestAwaySeconds: worst(({ longestAwaySeconds }) => longestAwaySeconds),
		meanAwaySeconds: cut === 0 ? 0 : (deviceHoursAway * 3600) / cut,
		attempts,
		refused,
		cut,
		peakPerSecond: Math.max(
			...deploys.map(({ peakPerSecond }) => peakPerSecond),
		),
		peakOverRate: Math.max(...peaks),
		refusalShare:
			scenario.authentication || scenario.nodes.queue
				? null
				: cost / (cost + attempts - refused || 1),
	};
}
