import {
	nodeBoundSeconds,
	nodeRate,
	plainLine,
	runScenario,
	type Scenario,
	type ScenarioLine,
	type ScenarioRun,
} from '../scenarios/index.js';
import { measure, type Measured } from './measured.js';
import {
	STOCK,
	Trials,
	type AtDoor,
	type Choice,
	type Limiter,
} from './trials.js';

/** For the bar alone. */
const EXPECTED_TRIALS = 20;

/** A run of the whole scenario, and what it came to. */
export interface Outcome {
	readonly run: ScenarioRun;
	readonly measured: Measured;
}

/** What to set for a fleet, each value tried in the simulator, beside what there is today. */
export interface Advice {
	readonly scenario: Scenario;
	/** Before this nobody can have all devices of a node back. */
	readonly boundSeconds: number;
	/** The rate of a node, and so the limit that belongs in front of it. */
	readonly limitPerSecond: number;
	readonly window: Choice<number>;
	readonly door: Choice<AtDoor> | undefined;
	readonly drain: Choice<number>;
	readonly limiter: Limiter | undefined;
	/** What is told today: the first line of the agent in the comparison, or nothing. */
	readonly told: ScenarioLine;
	/** Stock devices, as things are. */
	readonly today: Outcome;
	/** The agent, with what is told today. */
	readonly agent: Outcome;
	/** The agent as recommended, where links are cut as the scenario says. */
	readonly cut: Outcome;
	/** The same where it is planned: the links are drained. */
	readonly drained: Outcome;
}

/**
 * Finds what to set for a fleet by trying it: each value of each setting is a run of the first deploy, and what is recommended is run
 * with the whole. Same scenario and seed, same advice.
 *
 * @param known runs that were made already
 */
export function recommend(
	scenario: Scenario,
	seed: number,
	known: readonly ScenarioRun[] = [],
	onProgress: (done: number) => void = () => undefined,
): Advice {
	let tried = 0;
	const told =
		scenario.compare.find(({ policy }) => policy === 'agent') ??
		plainLine('agent');
	const { hintLossShare } = told;
	const trials = new Trials(scenario, seed, hintLossShare, () => {
		onProgress(Math.min(1, ++tried / EXPECTED_TRIALS));
	});
	const outcomeOf = (of: ScenarioLine, where = scenario): Outcome => {
		const run =
			(where === scenario ? known.find((each) => isOf(each, of)) : undefined) ??
			runScenario(where, of, seed);
		return { run, measured: measure(where, run) };
	};
	const window = trials.window();
	const door = trials.door();
	const line = plainLine('agent', {
		hints: 'window',
		hintLossShare,
		windowErrorFactor: window.best.value / nodeBoundSeconds(scenario),
		...door?.best.value,
	});
	const drain = trials.drain(line);
	const planned: Scenario = {
		...scenario,
		deploys: scenario.deploys.map((deploy) => ({
			...deploy,
			downSeconds: 0,
			drainSeconds: drain.best.value,
		})),
	};
	return {
		scenario,
		boundSeconds: nodeBoundSeconds(scenario),
		limitPerSecond: nodeRate(scenario),
		window,
		door,
		drain,
		limiter: trials.limiter(),
		told,
		today: outcomeOf(
			scenario.compare.find(({ policy }) => policy === STOCK) ??
				plainLine(STOCK),
		),
		agent: outcomeOf(told),
		cut: outcomeOf(line),
		drained: outcomeOf(line, planned),
	};
}

function isOf({ result }: ScenarioRun, line: ScenarioLine): boolean {
	return (
		result.policy === line.policy &&
		result.hints === line.hints &&
		result.refusal === line.refusal &&
		(result.windowErrorFactor ?? 1) === line.windowErrorFactor &&
		(result.hintLossShare ?? 0) === line.hintLossShare &&
		(result.retryAfterSeconds ?? line.retryAfterSeconds) ===
			line.retryAfterSeconds
	);
}
