import * as v from '../schema.js';

import { CloudlinkError } from '../errors.js';
import type { NodeEntry } from '../nodes/index.js';
import { checkOptions, durationMs, port } from '../options.js';
import {
	pacingOptions,
	resolvePacing,
	type PacingInput,
	type PacingOptions,
} from '../pacing/index.js';
import { systemClock, systemRandom, type Runtime } from '../runtime/index.js';
import type { Service, Transport } from '../transport.js';
import type { KeySource } from './key.js';
import type { NodeSource } from './node-source.js';

/** What a CloudlinkAgent is made of. Only `device` and `transports` are required. */
export interface AgentOptions {
	readonly device: {
		/** The device's uuid: its user name at the node. */
		readonly uuid: string;
		/**
		 * The device key, or a function that gives it, asked afresh for each attempt. May be absent only
		 * where no transport needs one (an attached openvpn).
		 */
		readonly key?: KeySource;
	};
	/** Nodes as `host:port`; more than one is a choice. May be absent where the transport knows its own. */
	readonly nodes?: readonly string[];
	/** In order of preference; see `websocket()`, `udp()` and `openvpn()`. */
	readonly transports: readonly Transport[];
	/** What the cloud may reach on the device. @default [] */
	readonly services?: readonly Service[];
	readonly transportSelection?: {
		/** First wait before a preferred transport is tried again beside the live link. @default 300_000 */
		readonly returnAfterMs?: number;
		/** How long the old link is kept whole once a preferred one is up, to take over again if that fails. @default 30_000 */
		readonly standbyMs?: number;
	};
	/** When to dial; a preset and what differs from it. @default { preset: 'default' } */
	readonly pacing?: PacingInput;
	/** Where pacing's memory is kept; without it nothing is written to disk. */
	readonly state?: { readonly path: string };
	/** One bound on an attempt, from the dial to an authenticated link. @default 10_000 */
	readonly dialDeadlineMs?: number;
	/**
	 * A link without any sign of life for this long is lost. Half of it costs twice the idle traffic.
	 * @default 45_000, and 300_000 with the preset `cellular`
	 */
	readonly livenessMs?: number;
	/** How long a replaced link may go on serving where its node named no deadline. @default 60_000 */
	readonly retireGraceMs?: number;
	/** Time and chance; for tests and simulations. @default the machine's own */
	readonly runtime?: Runtime;
}

/** The options, checked and with every default in place. */
export interface ResolvedOptions {
	readonly device: { readonly uuid: string; readonly key?: KeySource };
	readonly nodes: readonly NodeEntry[];
	readonly nodeSource: NodeSource;
	readonly transports: readonly Transport[];
	readonly services: readonly Service[];
	readonly transportSelection: {
		readonly returnAfterMs: number;
		readonly standbyMs: number;
	};
	readonly pacing: PacingOptions;
	readonly statePath: string | undefined;
	readonly dialDeadlineMs: number;
	readonly livenessMs: number;
	readonly retireGraceMs: number;
	readonly runtime: Runtime;
}

const printable = (most: number) =>
	v.pipe(
		v.string('must be a string'),
		v.regex(
			new RegExp(`^[\\x20-\\x7e]{1,${most}}$`),
			`must be 1 to ${most} printable characters`,
		),
	);

const isFunction = (value: unknown): boolean => typeof value === 'function';

function isRuntime(value: unknown): boolean {
	const { clock, random } = (value ?? {}) as Partial<Runtime>;
	return (
		isFunction(random) &&
		isFunction(clock?.setTimer) &&
		isFunction(clock?.monotonicMs) &&
		isFunction(clock?.wallMs)
	);
}

/** So short only where seconds were meant. */
const SHORTEST_DEADLINE_MS = 100;

const transportSchema = v.custom<Transport>(
	(value) =>
		typeof value === 'object' &&
		value !== null &&
		isFunction((value as Transport).dial),
	'must be a transport, made by websocket(), udp() or openvpn()',
);

/** The schema behind `AgentOptions`; docs/configuration.md is tested against it. */
export const agentSchema = v.strictObject({
	device: v.strictObject(
		{
			uuid: v.pipe(
				v.string('must be a string'),
				v.regex(
					/^[A-Za-z0-9._-]{1,64}$/,
					'must be 1 to 64 letters, digits, dots, dashes or underscores',
				),
			),
			key: v.optional(
				v.union(
					[
						printable(256),
						v.custom<() => string | Promise<string>>(isFunction),
					],
					'must be 1 to 256 printable characters, or a function that gives them',
				),
			),
		},
		'must be an object like { uuid, key }',
	),
	nodes: v.optional(
		v.array(
			v.string('must be a string host:port'),
			'must be a list of host:port',
		),
		[],
	),
	transports: v.pipe(
		v.array(transportSchema, 'must be a list of transports'),
		v.minLength(1, 'must name at least one transport'),
	),
	services: v.optional(
		v.pipe(
			v.array(
				v.strictObject(
					{ port, host: v.optional(printable(253)) },
					'must be an object like { port: 8080 }',
				),
				'must be a list',
			),
			v.maxLength(1024, 'must be at most 1024'),
		),
		[],
	),
	transportSelection: v.optional(
		v.strictObject({
			returnAfterMs: v.optional(durationMs, 300_000),
			standbyMs: v.optional(durationMs, 30_000),
		}),
		{},
	),
	pacing: v.optional(pacingOptions, {}),
	state: v.optional(
		v.strictObject(
			{ path: printable(4096) },
			"must be an object like { path: '/mnt/data/cloudlink.json' }",
		),
	),
	dialDeadlineMs: v.optional(
		v.pipe(
			durationMs,
			v.minValue(
				SHORTEST_DEADLINE_MS,
				`must be at least ${SHORTEST_DEADLINE_MS}; it is in milliseconds`,
			),
		),
		10_000,
	),
	livenessMs: v.optional(
		v.pipe(durationMs, v.minValue(100, 'must be at least 100 ms')),
		45_000,
	),
	retireGraceMs: v.optional(durationMs, 60_000),
	runtime: v.optional(
		v.custom<Runtime>(
			isRuntime,
			'must be { clock, random }, both of them: a virtual clock with the chance of the machine is no replay',
		),
	),
});

function checkTransports(
	transports: readonly Transport[],
	nodes: readonly NodeEntry[],
	key: KeySource | undefined,
): void {
	const names = transports.map(({ name }) => name);
	const twice = names.find((name, index) => names.indexOf(name) !== index);
	if (twice !== undefined) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			`CloudlinkAgent: \`transports\` names ${twice} twice; name each carrier once.`,
		);
	}
	for (const transport of transports) {
		transport.validate?.();
		if (transport.needsNode && nodes.length === 0) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INVALID_OPTION',
				`CloudlinkAgent: \`nodes\` is missing; ${transport.name} needs at least one host:port to dial.`,
			);
		}
		if (transport.needsKey && key === undefined) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INVALID_OPTION',
				`CloudlinkAgent: \`device.key\` is missing; ${transport.name} needs it. Give the key, or a function that reads it.`,
			);
		}
	}
}

/** A link that is asked every few minutes costs a tenth of a megabyte a day. */
const CELLULAR_LIVENESS_MS = 300_000;

/** Checks the options of an agent, once; throws a CloudlinkError that names the key. */
export function resolveOptions(
	input: AgentOptions,
	nodeSource: NodeSource,
): ResolvedOptions {
	const checked = checkOptions(agentSchema, input, 'CloudlinkAgent');
	const nodes = nodeSource.parse(checked.nodes);
	checkTransports(checked.transports, nodes, checked.device.key);
	return {
		device: checked.device,
		nodes,
		nodeSource,
		transports: checked.transports,
		services: checked.services,
		transportSelection: checked.transportSelection,
		pacing: resolvePacing(checked.pacing),
		statePath: checked.state?.path,
		dialDeadlineMs: checked.dialDeadlineMs,
		livenessMs:
			input.livenessMs === undefined && input.pacing?.preset === 'cellular'
				? CELLULAR_LIVENESS_MS
				: checked.livenessMs,
		retireGraceMs: checked.retireGraceMs,
		runtime: checked.runtime ?? { clock: systemClock, random: systemRandom },
	};
}
