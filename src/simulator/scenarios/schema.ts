import * as v from 'valibot';

import { CloudlinkError, toError } from '../../errors.js';
import { checkOptions, count } from '../../options.js';
import { HINT_MODES } from '../herd/setup.js';
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

/**
 * A scenario: a fleet on several nodes behind a balancer that sends each attempt to the node with the
 * fewest links, and what happens to it. `docs/simulation.md` explains every key.
 */
export const scenarioSchema = v.strictObject({
	name: text,
	title: text,
	// What is on record, with its source, and what was assumed: both are printed.
	known: v.optional(v.array(text, list), []),
	assumed: v.optional(v.array(text, list), []),
	devices: v.pipe(count(), v.maxValue(1_000_000, 'must be at most 1000000')),
	nodes: v.strictObject({
		count: v.pipe(count(), v.maxValue(1000, 'must be at most 1000')),
		// Per node.
		acceptRatePerSecond: positive,
		rejectCost: v.optional(notNegative, 0.1),
		rejectDebtSeconds: v.optional(notNegative, 10),
	}),
	// A slow authentication behind every node, instead of its rate limit.
	authentication: v.optional(
		v.strictObject({
			workersPerNode: v.pipe(
				count(),
				v.maxValue(100_000, 'must be at most 100000'),
			),
			seconds: positive,
			queueSeconds: v.optional(positive, 60),
			giveUpSeconds: v.optional(positive, 10),
			// When it is slower than that.
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
	// Each replaces nodes by fresh ones and so cuts their links.
	deploys: v.pipe(
		v.array(
			v.strictObject({
				atHours: notNegative,
				nodesReplaced: count(),
				// The links are cut one after the other over this long.
				cutOverSeconds: v.optional(notNegative, 0),
				// The fresh nodes take nobody for so long.
				downSeconds: v.optional(notNegative, 0),
			}),
			list,
		),
		v.minLength(1, 'must have one deploy at least'),
	),
	// What is compared: each line is a run of the whole scenario.
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
	// Given up this long after the last deploy.
	horizonHours: v.optional(positive, 48),
});

export type Scenario = v.InferOutput<typeof scenarioSchema>;
/** What a scenario file holds: keys with a default may be left out. */
export type ScenarioInput = v.InferInput<typeof scenarioSchema>;

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
