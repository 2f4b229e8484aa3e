import {
	nodeBoundSeconds,
	nodeRate,
	plainLine,
	runScenario,
	type Scenario,
	type ScenarioLine,
} from '../scenarios/index.js';
import { measure, type Measured } from './measured.js';

/** What devices run today. */
export const STOCK = 'balena-tcp-reset';
/** Settings are tried on so many devices at most: the nodes are scaled with them, so that T stays. */
const TRIAL_DEVICES = 4000;
/** Who is back within this much of the quickest counts as as quick. */
const AS_QUICK = 1.25;
/** A drain is long enough when its devices lose hardly more than with the best, on the mean, and hardly any more are refused. */
const LOST_SECONDS = 1;
const HARDLY_ANY = 0.05;

const WINDOW_FACTORS = [1, 1.25, 1.5, 2];
const DRAIN_FACTORS = [0.5, 1, 1.25, 1.5, 2, 3];
const RETRY_SECONDS = [10, 30, 60];

/** One value of a setting, and what came of it. */
export interface Trial<Value> {
	readonly value: Value;
	readonly measured: Measured;
}

/** What was tried for a setting, and which of it is recommended. */
export interface Choice<Value> {
	readonly trials: ReadonlyArray<Trial<Value>>;
	readonly best: Trial<Value>;
}

/** A queue as it is, or a limit at its rate in front of it: for agents, and for the stock devices that are still there. */
export interface Limiter extends Choice<'queue' | 'limit'> {
	readonly stock: Readonly<Record<'queue' | 'limit', Measured>>;
}

/** What the door tells those that it refuses. */
export interface AtDoor {
	readonly refusal: NonNullable<ScenarioLine['refusal']>;
	readonly retryAfterSeconds?: number;
}

/** The first deploy alone, on a fleet that is small enough to be tried many times. */
function trialScenario(scenario: Scenario): Scenario {
	const scale = Math.min(1, TRIAL_DEVICES / scenario.devices);
	const { nodes, deploys } = scenario;
	return {
		...scenario,
		devices: Math.round(scenario.devices * scale),
		nodes: { ...nodes, acceptRatePerSecond: nodes.acceptRatePerSecond * scale },
		...(scenario.authentication && {
			authentication: {
				...scenario.authentication,
				workersPerNode: Math.max(
					1,
					Math.round(scenario.authentication.workersPerNode * scale),
				),
			},
		}),
		deploys: [{ ...deploys[0]!, drainSeconds: 0 }],
	};
}

/** Of those that are about as quick as the quickest, the one with the fewest refusals. */
export function leastRefused<Value>(
	trials: ReadonlyArray<Trial<Value>>,
): Trial<Value> {
	const settled = ({ measured }: Trial<Value>) =>
		measured.settledSeconds ?? Infinity;
	const quickest = Math.min(...trials.map(settled));
	return trials
		.filter((trial) => settled(trial) <= AS_QUICK * quickest)
		.reduce((best, trial) =>
			trial.measured.refused < best.measured.refused ? trial : best,
		);
}

/** Runs the trials of one setting after the other. */
export class Trials {
	readonly scenario: Scenario;
	readonly #seed: number;
	readonly #hintLossShare: number;
	readonly #onTrial: () => void;

	/** @param hintLossShare of the devices, as many as are told nothing today: a setting does not reach those either */
	constructor(
		scenario: Scenario,
		seed: number,
		hintLossShare: number,
		onTrial: () => void,
	) {
		this.scenario = trialScenario(scenario);
		this.#seed = seed;
		this.#hintLossShare = hintLossShare;
		this.#onTrial = onTrial;
	}

	/** How long the devices of a node need at its usual speed, and at its slowest if that is another. */
	#boundsSeconds(): number[] {
		const usual = nodeBoundSeconds(this.scenario);
		const { authentication } = this.scenario;
		const slowest = Math.max(
			...(authentication?.slow.map(
				({ seconds }) => seconds / authentication.seconds,
			) ?? []),
			1,
		);
		return slowest > 1 ? [usual, usual * slowest] : [usual];
	}

	/** The window to tell, in seconds. */
	window(): Choice<number> {
		const usual = nodeBoundSeconds(this.scenario);
		const trials = this.#boundsSeconds()
			.flatMap((bound) => WINDOW_FACTORS.map((factor) => factor * bound))
			.map((seconds) =>
				this.#try(seconds, {
					hints: 'window',
					windowErrorFactor: seconds / usual,
				}),
			);
		return { trials, best: leastRefused(trials) };
	}

	/** What to say at the door to devices that were told no window. */
	door(): Choice<AtDoor> | undefined {
		const { authentication, nodes } = this.scenario;
		if (authentication || nodes.queue) {
			// Nobody is refused with an answer there.
			return undefined;
		}
		const doors: AtDoor[] = [
			{ refusal: 'reset' },
			{ refusal: 'slots' },
			{ refusal: 'door-window' },
			...RETRY_SECONDS.map((retryAfterSeconds) => ({
				refusal: 'constant' as const,
				retryAfterSeconds,
			})),
		];
		const trials = doors.map((door) => this.#try(door, door));
		return { trials, best: leastRefused(trials) };
	}

	/** How long a drain has to be for nobody to be without a link, in seconds. */
	drain(line: ScenarioLine): Choice<number> {
		const bound = this.#boundsSeconds().at(-1)!;
		const trials = DRAIN_FACTORS.map((factor) =>
			this.#try(factor * bound, line, {
				...this.scenario,
				deploys: [
					{
						...this.scenario.deploys[0]!,
						// A plan: the fresh nodes are there before the old ones go.
						downSeconds: 0,
						drainSeconds: factor * bound,
					},
				],
			}),
		);
		const fewest = Math.min(...trials.map(({ measured }) => measured.refused));
		const least = Math.min(
			...trials.map(({ measured }) => measured.meanAwaySeconds),
		);
		const isEnough = ({ measured }: Trial<number>) =>
			measured.meanAwaySeconds < least + LOST_SECONDS &&
			measured.refused <= fewest + HARDLY_ANY * measured.cut;
		return { trials, best: trials.find(isEnough) ?? trials.at(-1)! };
	}

	/** Of nodes that queue: whether a limit that refuses at their rate would do better. */
	limiter(): Limiter | undefined {
		const { nodes } = this.scenario;
		if (!nodes.queue) {
			return undefined;
		}
		const { queue: _queue, ...limited } = nodes;
		const line = { refusal: 'slots' } as const;
		const behindLimit = {
			...this.scenario,
			nodes: { ...limited, acceptRatePerSecond: nodeRate(this.scenario) },
		};
		const trials = [
			this.#try('queue' as const, line),
			this.#try('limit' as const, line, behindLimit),
		];
		const stock = { policy: STOCK };
		return {
			trials,
			best: leastRefused(trials),
			stock: {
				queue: this.#try('queue', stock).measured,
				limit: this.#try('limit', stock, behindLimit).measured,
			},
		};
	}

	#try<Value>(
		value: Value,
		line: Partial<ScenarioLine>,
		scenario = this.scenario,
	): Trial<Value> {
		const { policy = 'agent' } = line;
		const hintLossShare = this.#hintLossShare;
		const run = runScenario(
			scenario,
			plainLine(policy, { hintLossShare, ...line }),
			this.#seed,
		);
		this.#onTrial();
		return { value, measured: measure(scenario, run) };
	}
}
