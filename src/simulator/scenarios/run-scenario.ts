import { outcome } from '../../outcome.js';
import type { Door } from '../engine/door.js';
import { Fleet } from '../engine/fleet.js';
import { SlidingPeak } from '../engine/sliding-peak.js';
import { Timeline } from '../engine/timeline.js';
import { rounded } from '../herd/measure.js';
import { deafTo } from '../herd/mix.js';
import { policyNamed } from '../policies/index.js';
import { freshNode, nodeBoundSeconds, refusalOf } from './fresh-node.js';
import { NodePool } from './pool.js';
import type { DeployResult, ScenarioRun } from './result.js';
import type { Scenario, ScenarioLine } from './schema.js';

const HOUR_MS = 3600_000;
/** The fleet has been up this long when the scenario's clock starts. */
const START_MS = 24 * HOUR_MS;
const ATTEMPTS_PER_DEVICE = 5000;

/** Runs one line of a scenario. Same scenario, line and seed, same result. */
export function runScenario(
	scenario: Scenario,
	line: ScenarioLine,
	seed: number,
	onProgress?: (done: number) => void,
): ScenarioRun {
	return new ScenarioRunner(scenario, line, seed, onProgress).run();
}

class ScenarioRunner {
	readonly #fleet: Fleet;
	readonly #pool: NodePool;
	readonly #door: Door;
	/** Devices below this number are told nothing. */
	readonly #deaf: number;
	readonly #attempts = new Timeline(START_MS, 1000);
	readonly #returns = new Timeline(START_MS, 1000);
	readonly #cuts = new Timeline(START_MS, 1000);
	readonly #cutAtMs: Float64Array;
	#peak = new SlidingPeak(1000);
	#made = 0;
	#raised = 0;
	#awayMs = 0;
	#longestAwayMs = 0;
	/** What an attempt meets at nodes that are not up yet. */
	#downAs: Scenario['deploys'][number]['downAs'] = 'refused';

	readonly #scenario: Scenario;
	readonly #line: ScenarioLine;
	readonly #onProgress: ((done: number) => void) | undefined;

	constructor(
		scenario: Scenario,
		line: ScenarioLine,
		seed: number,
		onProgress: ((done: number) => void) | undefined,
	) {
		this.#scenario = scenario;
		this.#line = line;
		this.#onProgress = onProgress;
		const { devices, nodes } = scenario;
		const pacer = policyNamed(line.policy).pacer(devices);
		this.#fleet = new Fleet({ devices, seed, pacerOf: () => pacer });
		this.#pool = new NodePool(nodes.count, devices, (nowMs) =>
			freshNode(scenario, line, {
				nowMs,
				downAs: this.#downAs,
				startMs: START_MS,
			}),
		);
		this.#deaf = Math.round(devices * line.hintLossShare);
		this.#door =
			this.#deaf > 0 ? deafTo(this.#pool, 0, this.#deaf) : this.#pool;
		this.#cutAtMs = new Float64Array(devices).fill(NaN);
		for (let device = 0; device < devices; device++) {
			this.#fleet.settle(device, 0);
			this.#pool.settle(device);
			this.#tellWindow(device, START_MS / 2);
		}
	}

	run(): ScenarioRun {
		const scenario = this.#scenario;
		const deploys = scenario.deploys.map((_, i) => this.#deploy(i));
		const firstMs = START_MS + scenario.deploys[0]!.atHours * HOUR_MS;
		const last = deploys.at(-1)!;
		const unsettled = deploys.map(
			({ settledAfterSeconds, atHours }, i) =>
				settledAfterSeconds ?? (this.#deadlineHours(i) - atHours) * 3600,
		);
		const endMs =
			START_MS +
			last.atHours * HOUR_MS +
			(last.settledAfterSeconds ?? 0) * 1000;
		return {
			result: {
				scenario: scenario.name,
				policy: this.#line.policy,
				hints: this.#line.hints,
				devices: scenario.devices,
				deploys,
				settledAfterHours:
					last.settledAfterSeconds === null
						? null
						: rounded((endMs - firstMs) / HOUR_MS),
				unsettledHours: rounded(
					unsettled.reduce((sum, each) => sum + each, 0) / 3600,
				),
				deviceHoursAway: rounded(this.#awayMs / HOUR_MS),
				attemptsPerDevice: rounded(this.#made / scenario.devices),
				...(this.#line.refusal && { refusal: this.#line.refusal }),
				...(refusalOf(this.#line) === 'constant' && {
					retryAfterSeconds: this.#line.retryAfterSeconds,
				}),
				...(this.#line.windowErrorFactor !== 1 && {
					windowErrorFactor: this.#line.windowErrorFactor,
				}),
				...(this.#deaf > 0 && { hintLossShare: this.#line.hintLossShare }),
			},
			timeline: {
				attempts: this.#attempts.bins(),
				returns: this.#returns.bins(),
				cuts: this.#cuts.bins(),
			},
		};
	}

	#deadlineHours(index: number): number {
		const { deploys, horizonHours } = this.#scenario;
		return (
			deploys[index + 1]?.atHours ?? deploys[index]!.atHours + horizonHours
		);
	}

	#deploy(index: number): DeployResult {
		const { atHours, nodesReplaced, downSeconds, downAs } =
			this.#scenario.deploys[index]!;
		const atMs = START_MS + atHours * HOUR_MS;
		const before = this.#made;
		const raisedBefore = this.#raised;
		this.#peak = new SlidingPeak(1000);
		this.#longestAwayMs = 0;
		this.#downAs = downAs;
		const cut = this.#pool.replace(nodesReplaced, atMs + downSeconds * 1000);
		this.#cutAll(cut, index, atMs);
		this.#advance(START_MS + this.#deadlineHours(index) * HOUR_MS);
		this.#onProgress?.((index + 1) / this.#scenario.deploys.length);
		const settledMs = this.#fleet.upAtMs.reduce(
			(most, upAt) => Math.max(most, upAt),
			atMs,
		);
		const { down } = this.#fleet;
		if (index + 1 === this.#scenario.deploys.length) {
			this.#chargeAbsent();
		}
		const attempts = this.#made - before;
		return {
			atHours,
			cut: cut.length,
			settledAfterSeconds: down > 0 ? null : rounded((settledMs - atMs) / 1000),
			attempts,
			refused: attempts - (this.#raised - raisedBefore),
			longestAwaySeconds: down > 0 ? null : rounded(this.#longestAwayMs / 1000),
			peakPerSecond: this.#peak.peak,
		};
	}

	/** A drain tells those who heed it at once, and cuts the others when its time is over. */
	#cutAll(cut: readonly number[], index: number, atMs: number): void {
		const { cutOverSeconds, drainSeconds } = this.#scenario.deploys[index]!;
		const endMs = atMs + drainSeconds * 1000;
		const heeds = drainSeconds > 0 && this.#line.policy === 'agent';
		const notice = outcome('drain-notice', 'The node drains.', {
			hint: { drainDeadlineMs: drainSeconds * 1000 },
		});
		const told = cut.filter((device) => heeds && device >= this.#deaf);
		const rest = cut.filter((device) => !heeds || device < this.#deaf);
		for (const device of told) {
			this.#cuts.add(endMs);
			this.#cutAtMs[device] = endMs;
			this.#fleet.cut(device, atMs, notice);
		}
		const stepMs = (cutOverSeconds * 1000) / Math.max(1, rest.length);
		rest.forEach((device, i) => {
			const cutMs = endMs + i * stepMs;
			this.#advance(cutMs);
			this.#cuts.add(cutMs);
			this.#cutAtMs[device] = cutMs;
			this.#fleet.cut(device, cutMs);
		});
	}

	/** Those who never came back were away until the end. */
	#chargeAbsent(): void {
		const last = this.#scenario.deploys.length - 1;
		const endMs = START_MS + this.#deadlineHours(last) * HOUR_MS;
		this.#fleet.upAtMs.forEach((upAtMs, device) => {
			if (upAtMs === Infinity) {
				this.#awayMs += endMs - this.#cutAtMs[device]!;
			}
		});
	}

	#advance(untilMs: number): void {
		const attempts = this.#scenario.devices * ATTEMPTS_PER_DEVICE - this.#made;
		const limits = { untilMs, attempts, inVain: Infinity };
		this.#made += this.#fleet.advance(this.#door, limits, this);
	}

	/** Called by the fleet for each attempt. */
	attempt(_device: number, atMs: number): void {
		this.#attempts.add(atMs);
		this.#peak.add(atMs);
	}

	/** Called by the fleet for each link that came up. */
	up(device: number, atMs: number): void {
		// Who made his successor before the old link was cut was never away.
		const cutMs = this.#cutAtMs[device]!;
		const awayMs = Math.max(0, atMs - cutMs);
		this.#raised += 1;
		this.#returns.add(Math.max(atMs, cutMs));
		this.#awayMs += awayMs;
		this.#longestAwayMs = Math.max(this.#longestAwayMs, awayMs);
		this.#pool.up(device);
		this.#tellWindow(device, atMs);
	}

	#tellWindow(device: number, atMs: number): void {
		if (this.#line.hints === 'window' && device >= this.#deaf) {
			const reconnectWindowMs =
				this.#line.windowErrorFactor * nodeBoundSeconds(this.#scenario) * 1000;
			this.#fleet.hint(device, { reconnectWindowMs }, atMs);
		}
	}
}
