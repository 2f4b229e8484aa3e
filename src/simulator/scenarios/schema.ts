import * as v from '../../schema.js';

import { CloudlinkError, toError } from '../../errors.js';
import { checkOptions, count } from '../../options.js';
import { HINT_MODES, type HintMode } from '../herd/setup.js';
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
const text = v.string('must be a text');
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
	}>;
	/** What is compared: each line is a run of the whole scenario. */
	readonly compare: ReadonlyArray<{
		readonly policy: string;
		/** @default 'none' */
		readonly hints?: HintMode;
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
export type Scenario = Filled<Omit<ScenarioInput, 'authentication'>> & {
	readonly authentication?: Filled<
		NonNullable<ScenarioInput['authentication']>
	>;
};

export const scenarioSchema = v.strictObject({
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
			}),
			list,
		),
		v.minLength(1, 'must have one deploy at least'),
	),
	compare: v.pipe(
		v.array(
			v.strictObject({
				policy: text,
				hints: v.optional(
					v.picklist(HINT_MODES, `must be one of ${HINT_MODES.join(', ')}`),
					'none',
				),
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
