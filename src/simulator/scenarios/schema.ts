import * as v from '../../schema.js';

import { CloudlinkError, toError } from '../../errors.js';
import { checkOptions, count } from '../../options.js';
import { STAGES, type Stage } from '../engine/door.js';
import { REFUSALS, type Refusal } from '../engine/limited-node.js';
import { OUTAGE_LOOKS, type OutageLook } from '../engine/outage.js';
import type { BacklogFull } from '../engine/queue-node.js';
import { BACKLOG_FULL, HINT_MODES, type HintMode } from '../herd/setup.js';
import { policyNamed } from '../policies/index.js';

const positive = v.pipe(
	v.number('must be a number'),
	v.finite('must be finite'),
	v.gtValue(0, 'must be more than 0'),
);
const notNegative = v.pipe(
	v.number('must be a number'),
	v.finite('must be finite'),
	v.minValue(0, 'must not be negative'),
);
const share = v.pipe(notNegative, v.maxValue(1, 'must be from 0 to 1'));
const text = v.string('must be a text');
const oneOf = <Word extends string>(words: readonly Word[]) =>
	v.picklist(words, `must be one of ${words.join(', ')}`);
const list = 'must be a list';

/** What a scenario file holds: keys with a default may be left out. `docs/simulation.md` explains every key. */
export interface ScenarioInput {
	readonly name: string;
	readonly title: string;
	/** What is on record, with its source; printed. @default [] */
	readonly known?: readonly string[];
	/** What was assumed; printed. @default [] */
	readonly assumed?: readonly string[];
	readonly devices: number;
	readonly nodes: {
		readonly count: number;
		/** Per node. */
		readonly acceptRatePerSecond: number;
		/** In accepted attempts. @default 0.1 */
		readonly rejectCost?: number;
		/** @default 10 */
		readonly rejectDebtSeconds?: number;
		/** A node takes every connection and serves one after the other, instead of refusing what is beyond its rate. */
		readonly queue?: {
			/** How much work it holds. @default 60 */
			readonly backlogSeconds?: number;
			/** What comes beyond that: a reset, or no answer to the SYN. @default 'reset' */
			readonly backlogFull?: BacklogFull;
			/** Where a device that waits sees the silence. @default 'upgrade' */
			readonly stage?: Stage;
			/** What an entry costs whose device has left, as a share of a served one. @default 1 */
			readonly abandonedCost?: number;
		};
	};
	/** A slow authentication behind every node, instead of its rate limit. */
	readonly authentication?: {
		readonly workersPerNode: number;
		readonly seconds: number;
		/** @default 60 */
		readonly queueSeconds?: number;
		/** @default 10 */
		readonly giveUpSeconds?: number;
		/** When it is slower than that. @default [] */
		readonly slow?: ReadonlyArray<{
			readonly fromHours: number;
			readonly toHours: number;
			readonly seconds: number;
		}>;
	};
	/** Each replaces nodes by fresh ones and so cuts their links. */
	readonly deploys: ReadonlyArray<{
		readonly atHours: number;
		readonly nodesReplaced: number;
		/** The links are cut one after the other over this long. @default 0 */
		readonly cutOverSeconds?: number;
		/** The fresh nodes take nobody for so long. @default 0 */
		readonly downSeconds?: number;
		/** What an attempt meets meanwhile. @default 'refused' */
		readonly downAs?: OutageLook;
		/**
		 * The links are told to go and are cut so much later; devices that heed it (the agent) make their successor
		 * before, at the fresh nodes. @default 0
		 */
		readonly drainSeconds?: number;
	}>;
	/** What is compared: each line is a run of the whole scenario. */
	readonly compare: ReadonlyArray<{
		readonly policy: string;
		/** @default 'none' */
		readonly hints?: HintMode;
		/** What a refused device is told, whatever else is. @default what `hints` says, or a reset */
		readonly refusal?: Refusal;
		/** What `constant` says. @default 30 */
		readonly retryAfterSeconds?: number;
		/** The told window is this many times what the devices of a node need. @default 1 */
		readonly windowErrorFactor?: number;
		/** Share of the devices that are told nothing. @default 0 */
		readonly hintLossShare?: number;
	}>;
	/** Given up this long after the last deploy. @default 48 */
	readonly horizonHours?: number;
}

type Filled<T> =
	T extends ReadonlyArray<infer Item>
		? ReadonlyArray<Filled<Item>>
		: T extends object
			? { readonly [K in keyof T]-?: Filled<T[K]> }
			: T;

/**
 * A scenario: a fleet on several nodes behind a balancer that sends each attempt to the node with the
 * fewest links, and what happens to it. Every default is filled in.
 */
export type Scenario = Filled<
	Omit<ScenarioInput, 'authentication' | 'nodes' | 'compare'>
> & {
	readonly nodes: Filled<Omit<ScenarioInput['nodes'], 'queue'>> & {
		readonly queue?: Filled<NonNullable<ScenarioInput['nodes']['queue']>>;
	};
	readonly authentication?: Filled<
		NonNullable<ScenarioInput['authentication']>
	>;
	readonly compare: readonly ScenarioLine[];
};

/** One line of a comparison. */
export type ScenarioLine = Filled<
	Omit<ScenarioInput['compare'][number], 'refusal'>
> & { readonly refusal?: Refusal };

/** A line that says no more than who dials. */
export function plainLine(
	policy: string,
	more: Partial<ScenarioLine> = {},
): ScenarioLine {
	return {
		policy,
		hints: 'none',
		retryAfterSeconds: 30,
		windowErrorFactor: 1,
		hintLossShare: 0,
		...more,
	};
}

const scenarioSchema = v.strictObject({
	name: text,
	title: text,
	known: v.optional(v.array(text, list), []),
	assumed: v.optional(v.array(text, list), []),
	devices: v.pipe(count(), v.maxValue(1_000_000, 'must be at most 1000000')),
	nodes: v.strictObject({
		count: v.pipe(count(), v.maxValue(1000, 'must be at most 1000')),
		acceptRatePerSecond: positive,
		rejectCost: v.optional(notNegative, 0.1),
		rejectDebtSeconds: v.optional(notNegative, 10),
		queue: v.optional(
			v.strictObject({
				backlogSeconds: v.optional(notNegative, 60),
				backlogFull: v.optional(oneOf(BACKLOG_FULL), 'reset'),
				stage: v.optional(oneOf(STAGES), 'upgrade'),
				abandonedCost: v.optional(notNegative, 1),
			}),
		),
	}),
	authentication: v.optional(
		v.strictObject({
			workersPerNode: v.pipe(
				count(),
				v.maxValue(100_000, 'must be at most 100000'),
			),
			seconds: positive,
			queueSeconds: v.optional(positive, 60),
			giveUpSeconds: v.optional(positive, 10),
			slow: v.optional(
				v.array(
					v.strictObject({
						fromHours: notNegative,
						toHours: positive,
						seconds: positive,
					}),
					list,
				),
				[],
			),
		}),
	),
	deploys: v.pipe(
		v.array(
			v.strictObject({
				atHours: notNegative,
				nodesReplaced: count(),
				cutOverSeconds: v.optional(notNegative, 0),
				downSeconds: v.optional(notNegative, 0),
				downAs: v.optional(oneOf(OUTAGE_LOOKS), 'refused'),
				drainSeconds: v.optional(notNegative, 0),
			}),
			list,
		),
		v.minLength(1, 'must have one deploy at least'),
	),
	compare: v.pipe(
		v.array(
			v.strictObject({
				policy: text,
				hints: v.optional(oneOf(HINT_MODES), 'none'),
				refusal: v.optional(oneOf(REFUSALS)),
				retryAfterSeconds: v.optional(notNegative, 30),
				windowErrorFactor: v.optional(positive, 1),
				hintLossShare: v.optional(share, 0),
			}),
			list,
		),
		v.minLength(1, 'must have one line at least'),
	),
	horizonHours: v.optional(positive, 48),
}) satisfies v.Schema<ScenarioInput, Scenario>;

function broken(message: string, cause?: unknown): CloudlinkError {
	return new CloudlinkError('ERR_CLOUDLINK_SCENARIO', message, { cause });
}

/** Checks a scenario. Throws a CloudlinkError that names the wrong key, and the nearest right one. */
export function checkScenario(value: unknown, where = 'scenario'): Scenario {
	let scenario: Scenario;
	try {
		scenario = checkOptions(scenarioSchema, value, where);
	} catch (error) {
		throw broken(toError(error).message, error);
	}
	for (const { policy } of scenario.compare) {
		try {
			policyNamed(policy);
		} catch (error) {
			throw broken(`${where}: \`compare\`: ${toError(error).message}`, error);
		}
	}
	const tooMany = scenario.deploys.findIndex(
		({ nodesReplaced }) => nodesReplaced > scenario.nodes.count,
	);
	if (tooMany >= 0) {
		throw broken(
			`${where}: \`deploys.${tooMany}.nodesReplaced\` must be at most \`nodes.count\`.`,
		);
	}
	const disordered = scenario.deploys.findIndex(
		({ atHours }, i) => i > 0 && atHours <= scenario.deploys[i - 1]!.atHours,
	);
	if (disordered >= 0) {
		throw broken(
			`${where}: \`deploys.${disordered}.atHours\` must be later than the deploy before it.`,
		);
	}
	return scenario;
}

/** Reads a scenario from the text of a JSON file. */
export function parseScenario(json: string, where: string): Scenario {
	let value: unknown;
	try {
		value = JSON.parse(json);
	} catch (error) {
		throw broken(`${where} is not JSON: ${toError(error).message}`, error);
	}
	return checkScenario(value, where);
}
