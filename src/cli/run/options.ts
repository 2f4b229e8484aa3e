import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { KeySource } from '../../agent/key.js';
import { readConfigJson, type DeviceConfig } from '../../device/config-json.js';
import { STATUS_MARKER_PATH } from '../../device/status-marker.js';
import { CloudlinkError } from '../../errors.js';
import type { PresetName } from '../../pacing/index.js';
import type { HealthAddress } from '../../telemetry/address.js';
import { usageError } from '../exit.js';
import type { Level, LogFormat } from '../log/log.js';
import type { TransportSpec } from '../settings/table.js';
import {
	collectSettings,
	type Env,
	type Flags,
	type Given,
} from '../settings/collect.js';
import { configuredWays } from './openvpn-config.js';

const CONFIG_PATH = '/mnt/boot/config.json';
const OPENVPN_CONFIG_PATH = '/etc/openvpn/openvpn.conf';
const VPN_PORT = 443;

/** Everything that `cloudlink-agent run` needs to know. */
export interface RunOptions {
	readonly device: {
		readonly uuid: string;
		readonly key: KeySource | undefined;
	};
	readonly nodes: readonly string[];
	readonly transports: readonly TransportSpec[];
	readonly services: ReadonlyArray<{ readonly port: number }>;
	/** PEM. */
	readonly ca: string | undefined;
	readonly insecure: boolean;
	readonly proxy: string | undefined;
	readonly openvpnConfig: string | undefined;
	readonly openvpnBinary: string | undefined;
	readonly pacing: PresetName | undefined;
	readonly statePath: string | undefined;
	readonly health: Chosen<HealthAddress>;
	readonly marker: Chosen<string>;
	readonly graceMs: number;
	readonly log: LogFormat;
	readonly logLevel: Level;
	readonly otel: boolean;
}

/** A place, or undefined for none; by whom it was chosen decides how loudly its failure is told. */
export interface Chosen<T> {
	readonly value: T | undefined;
	readonly explicit: boolean;
}

/** Where `run` serves health unless told, and where the other commands look for it. */
export function defaultHealthPath(env: Env): string {
	const folder =
		env.RUNTIME_DIRECTORY?.split(':')[0] ??
		(process.getuid?.() !== 0 && env.XDG_RUNTIME_DIR
			? join(env.XDG_RUNTIME_DIR, 'cloudlink-agent')
			: '/run/cloudlink-agent');
	return join(folder, 'health.sock');
}

function defaultStatePath(env: Env): string {
	const folder =
		env.STATE_DIRECTORY?.split(':')[0] ?? '/var/lib/cloudlink-agent';
	return join(folder, 'state.json');
}

/** Reads config.json: the one that was named, or balenaOS's where there is one. */
export async function readConfig(
	flags: Flags,
	env: Env,
): Promise<DeviceConfig | undefined> {
	const named = (flags.config as string | undefined) ?? env.CLOUDLINK_CONFIG;
	if (named) {
		return await readConfigJson(named);
	}
	return existsSync(CONFIG_PATH)
		? await readConfigJson(CONFIG_PATH)
		: undefined;
}

/** A value that only config.json gave, and does not. */
function missing(
	config: DeviceConfig | undefined,
	key: string,
	otherwise: string,
): CloudlinkError {
	return config
		? new CloudlinkError(
				'ERR_CLOUDLINK_INVALID_CONFIG',
				`${config.file}: \`${key}\` is missing. Register the device, download its config.json anew, or give ${otherwise}.`,
			)
		: usageError(
				`There is no ${CONFIG_PATH}: name a config.json with \`--config\`, or give ${otherwise}.`,
			);
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

async function keyFromFile(file: string): Promise<string> {
	return (await readFile(file, 'utf8')).trim();
}

function keySource(
	given: Given,
	env: Env,
	config: DeviceConfig | undefined,
): KeySource | undefined {
	const { keyFile } = given;
	if (keyFile !== undefined) {
		return () => keyFromFile(keyFile);
	}
	const { CLOUDLINK_KEY: key } = env;
	// An empty variable counts as none, as with the others.
	return key === undefined || key === '' ? config?.deviceApiKey : key;
}

function nodesFrom(
	config: DeviceConfig | undefined,
	standIns: StandIns | undefined,
): readonly string[] {
	const { vpnEndpoint, vpnPort = VPN_PORT } = config ?? {};
	return vpnEndpoint
		? [`${vpnEndpoint}:${vpnPort}`]
		: standIns
			? [standIns.node]
			: [];
}

function chosen<T>(given: T | 'none' | undefined, byDefault: T | undefined) {
	return {
		value:
			given === undefined ? byDefault : given === 'none' ? undefined : given,
		explicit: given !== undefined,
	};
}

/** What to go on with where no source says: only for who dials in nobody's name. */
export interface StandIns {
	readonly uuid: string;
	readonly key: string;
	readonly node: string;
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
	const transports: readonly TransportSpec[] =
		given.transports ??
		(openvpnConfig && config
			? configuredWays(openvpnConfig).transports.map((name) => ({ name }))
			: [{ name: 'websocket' }, { name: 'udp' }]);
	const attaches = transports.every(({ name }) => name === 'attach');
	const native = transports.some(
		({ name }) => name === 'websocket' || name === 'udp',
	);

	const uuid = given.uuid ?? config?.uuid ?? standIns?.uuid;
	const key = keySource(given, env, config) ?? standIns?.key;
	const ownNodes =
		openvpnConfig !== undefined &&
		transports.every(({ name }) => name.startsWith('openvpn-')) &&
		configuredWays(openvpnConfig).hasOwnNodes;
	const nodes = given.nodes ?? (ownNodes ? [] : nodesFrom(config, standIns));
	if (uuid === undefined) {
		throw missing(config, 'uuid', '`--uuid`');
	}
	if (key === undefined && !attaches) {
		throw missing(config, 'deviceApiKey', '`--key-file`');
	}
	if (nodes.length === 0 && (native || (!attaches && !openvpnConfig))) {
		throw missing(config, 'vpnEndpoint', '`--node host:port`');
	}
	return {
		device: { uuid, key },
		nodes: attaches && !given.nodes ? [] : nodes,
		transports,
		services: (given.services ?? []).map((port) => ({ port })),
		ca: readPem(given.ca) ?? config?.rootCa,
		insecure: given.insecure ?? false,
		proxy: given.proxy,
		openvpnConfig,
		openvpnBinary: given.openvpnBinary,
		pacing: given.pacing,
		statePath: chosen(given.state, defaultStatePath(env)).value,
		health: chosen(given.health, { path: defaultHealthPath(env) }),
		marker: chosen(
			given.marker,
			transports.some(({ name }) => name === 'attach')
				? undefined
				: STATUS_MARKER_PATH,
		),
		graceMs: (given.grace ?? 5) * 1000,
		log: given.log ?? 'text',
		logLevel: given.logLevel ?? 'info',
		otel: given.otel ?? false,
	};
}
