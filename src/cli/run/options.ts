import { existsSync, readFileSync } from 'node:fs';

import type { DeviceConfig } from '../../device/config-json.js';
import { STATUS_MARKER_PATH } from '../../device/status-marker.js';
import type { HealthAddress } from '../../telemetry/address.js';
import { namesOf } from '../../transports/shipped.js';
import { usageError } from '../exit.js';
import { collectSettings } from '../settings/collect.js';
import {
	chosen,
	CONFIG_PATH,
	defaultControlPath,
	defaultHealthPath,
	defaultStatePath,
	OPENVPN_CONFIG_PATH,
	type Chosen,
} from '../settings/places.js';
import type {
	Env,
	Flags,
	Given,
	SettingTypes,
	TransportSpec,
} from '../settings/types.js';
import { resolveIdentity, type Identity, type StandIns } from './identity.js';
import { configuredWays } from './openvpn-config.js';

/** Everything that `cloudlink-agent run` needs to know. */
export interface RunOptions
	extends
		Pick<
			Given,
			| 'proxy'
			| 'openvpnConfig'
			| 'openvpnBinary'
			| 'pacing'
			| 'dialDeadlineMs'
			| 'livenessMs'
		>,
		Pick<
			SettingTypes,
			'transports' | 'insecure' | 'log' | 'logLevel' | 'otel'
		> {
	readonly device: Pick<Identity, 'uuid' | 'key'>;
	readonly nodes: readonly string[];
	readonly services: ReadonlyArray<{ readonly port: number }>;
	/** PEM. */
	readonly ca: string | undefined;
	readonly statePath: string | undefined;
	readonly health: Chosen<HealthAddress>;
	readonly control: Chosen<string>;
	readonly marker: Chosen<string>;
	readonly graceMs: number;
}

function readPem(file: string | undefined): string | undefined {
	if (file === undefined) {
		return undefined;
	}
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw usageError(
			`--ca: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'}).`,
		);
	}
}

/** How to dial where nobody says: with openvpn on a device of balenaOS, else natively. */
function defaultTransports(
	openvpnConfig: string | undefined,
	config: DeviceConfig | undefined,
): readonly TransportSpec[] {
	return openvpnConfig && config
		? configuredWays(openvpnConfig).transports.map((name) => ({ name }))
		: namesOf('native').map((name) => ({ name }));
}

/**
 * Brings flags, environment and config.json together. Throws a CloudlinkError that names the key and says what to
 * do; never shows a value.
 */
export function resolveRunOptions(
	flags: Flags,
	env: Env,
	config: DeviceConfig | undefined,
	standIns?: StandIns,
): RunOptions {
	const given = collectSettings(flags, env, {
		name: config?.file ?? CONFIG_PATH,
		section: config?.cloudlink,
	});
	const openvpnConfig =
		given.openvpnConfig ??
		(existsSync(OPENVPN_CONFIG_PATH) ? OPENVPN_CONFIG_PATH : undefined);
	const transports =
		given.transports ?? defaultTransports(openvpnConfig, config);
	const has = (...names: ReadonlyArray<TransportSpec['name']>) =>
		transports.some(({ name }) => names.includes(name));
	const isOpenvpn = (name: TransportSpec['name']) =>
		name !== 'attach' && namesOf('openvpn').includes(name);
	const attaches = transports.every(({ name }) => name === 'attach');
	const leavesNodes =
		attaches ||
		(openvpnConfig !== undefined &&
			transports.every(({ name }) => isOpenvpn(name)) &&
			configuredWays(openvpnConfig).hasOwnNodes);
	const needs = {
		key: !attaches,
		node: has(...namesOf('native')) || (!attaches && !openvpnConfig),
	};
	const { nodes, ...device } = resolveIdentity(
		given,
		env,
		config,
		needs,
		standIns,
	);
	const { pacing, proxy, openvpnBinary, dialDeadlineMs, livenessMs } = given;
	return {
		device,
		nodes: leavesNodes && !given.nodes ? [] : nodes,
		transports,
		services: (given.services ?? []).map((port) => ({ port })),
		ca: readPem(given.ca) ?? config?.rootCa,
		insecure: given.insecure ?? false,
		proxy,
		openvpnConfig,
		openvpnBinary,
		pacing,
		dialDeadlineMs,
		livenessMs,
		statePath: chosen(given.state, defaultStatePath(env)).value,
		health: chosen(given.health, { path: defaultHealthPath(env) }),
		control: chosen(given.control, defaultControlPath(env)),
		marker: chosen(
			given.marker,
			has('attach') ? undefined : STATUS_MARKER_PATH,
		),
		graceMs: (given.grace ?? 5) * 1000,
		log: given.log ?? 'text',
		logLevel: given.logLevel ?? 'info',
		otel: given.otel ?? false,
	};
}
