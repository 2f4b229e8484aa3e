import { readFile } from 'node:fs';
import { promisify } from 'node:util';

import type { KeySource } from '../../agent/key.js';
import type { DeviceConfig } from '../../device/config-json.js';
import { CloudlinkError } from '../../errors.js';
import { usageError } from '../exit.js';
import { CONFIG_PATH } from '../settings/places.js';
import type { Env, Given } from '../settings/types.js';

const VPN_PORT = 443;

/** What to go on with where no source says: only for who dials in nobody's name. */
export interface StandIns {
	readonly uuid: string;
	readonly key: string;
	readonly node: string;
}

/** Who the device is, and whom it dials. */
export interface Identity {
	readonly uuid: string;
	readonly key: KeySource | undefined;
	readonly nodes: readonly string[];
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

function keySource(
	{ keyFile }: Given,
	{ CLOUDLINK_KEY: key }: Env,
	config: DeviceConfig | undefined,
): KeySource | undefined {
	if (keyFile !== undefined) {
		return async () => (await promisify(readFile)(keyFile, 'utf8')).trim();
	}
	// An empty variable counts as none, as with the others.
	return key === undefined || key === '' ? config?.deviceApiKey : key;
}

function nodesFrom(config: DeviceConfig | undefined): readonly string[] {
	const { vpnEndpoint, vpnPort = VPN_PORT } = config ?? {};
	return vpnEndpoint ? [`${vpnEndpoint}:${vpnPort}`] : [];
}

/** Brings together who the device is; throws a CloudlinkError for what is missing and needed. */
export function resolveIdentity(
	given: Given,
	env: Env,
	config: DeviceConfig | undefined,
	needs: { readonly key: boolean; readonly node: boolean },
	standIns?: StandIns,
): Identity {
	const uuid = given.uuid ?? config?.uuid ?? standIns?.uuid;
	const key = keySource(given, env, config) ?? standIns?.key;
	const named = given.nodes ?? nodesFrom(config);
	const nodes = named.length === 0 && standIns ? [standIns.node] : named;
	if (uuid === undefined) {
		throw missing(config, 'uuid', '`--uuid`');
	}
	if (key === undefined && needs.key) {
		throw missing(config, 'deviceApiKey', '`--key-file`');
	}
	if (nodes.length === 0 && needs.node) {
		throw missing(config, 'vpnEndpoint', '`--node host:port`');
	}
	return { uuid, key, nodes };
}
