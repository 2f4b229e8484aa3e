import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { agentSchema } from '../../../src/agent/options.js';
import { attachedSchema } from '../../../src/transports/openvpn/attached-options.js';
import { ownedSchema } from '../../../src/transports/openvpn/owned-options.js';
import { udpSchema } from '../../../src/transports/udp/device/options.js';
import { websocketSchema } from '../../../src/transports/websocket/options.js';
import { DEFAULT_LIMITS } from '../../../src/tunnel/limits.js';

/** What this test reads of a schema. */
interface Schema {
	readonly entries?: Record<string, Schema>;
	readonly wrapped?: Schema;
	readonly default?: unknown;
}

/** Described on a page of their own, or of no use in parts. */
const WHOLE = ['pacing', 'runtime'];

/** Each key that a schema takes, dotted, with its default where it has one. */
function keysOf(schema: Schema, prefix = ''): Map<string, unknown> {
	const { entries } = schema.wrapped ?? schema;
	return new Map(
		Object.entries(entries ?? {}).flatMap(([key, value]) => {
			const name = `${prefix}${key}`;
			const inner = WHOLE.includes(name) ? [] : [...keysOf(value, `${name}.`)];
			return inner.length > 0 ? inner : [[name, value.default] as const];
		}),
	);
}

const page = readFileSync('docs/configuration.md', 'utf8');

/** The keys of the tables of the page, with the cell that tells their default. */
const documented = new Map(
	page
		.split('\n')
		.filter((line) => line.startsWith('| `'))
		.map((line) => line.split('|').map((cell) => cell.trim()))
		.flatMap(([, names, preset]) =>
			[...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => [name!, preset!]),
		),
);

const schemas = [
	agentSchema,
	websocketSchema,
	udpSchema,
	ownedSchema,
	attachedSchema,
] as unknown as Schema[];
const known = new Map(schemas.flatMap((schema) => [...keysOf(schema)]));

describe('docs/configuration.md', () => {
	it('has every option that is taken, and no other', () => {
		// `services` is a list: its parts stand in the text.
		expect([...documented.keys()]).to.have.members([...known.keys()]);
	});

	it('tells the defaults that the schemas have', () => {
		const numbers = [...known].filter(
			([, value]) => typeof value === 'number',
		) as Array<[string, number]>;
		expect(numbers).to.have.length.greaterThan(4);
		const limits = Object.entries(DEFAULT_LIMITS).flatMap(([key, value]) =>
			typeof value === 'number' ? [[`limits.${key}`, value] as const] : [],
		);
		for (const [key, value] of [...numbers, ...limits]) {
			expect(documented.get(key), key).to.equal(value.toLocaleString('en'));
		}
	});
});
