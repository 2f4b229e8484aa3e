import { readFileSync } from 'node:fs';

import { parseNodes } from '../../nodes/index.js';
import type { StatusReply } from '../../telemetry/server.js';
import { configuredRemotes } from '../../transports/openvpn/index.js';
import { namesOf } from '../../transports/shipped.js';
import type { Masker } from '../log/mask.js';
import type { RunOptions } from '../run/options.js';
import { makeTransports } from '../run/transports.js';
import type { Env, Flags, TransportSpec } from '../settings/types.js';
import { configFrom, optionsFrom, STAND_INS } from './configuration.js';
import type { Patient } from './examine.js';
import type { Finding } from './finding.js';
import { keyFrom } from './key.js';
import { ownName } from './own-name.js';

/** The other carrier of each kind that was asked for: whether UDP gets through is worth knowing before it is needed. */
function alternatives(
	transports: readonly TransportSpec[],
): readonly TransportSpec[] {
	const names = transports.map(({ name }) => name);
	return (['native', 'openvpn'] as const)
		.map(namesOf)
		.flatMap((kind) =>
			kind.some((name) => names.includes(name))
				? kind.filter((name) => !names.includes(name)).map((name) => ({ name }))
				: [],
		);
}

/** The nodes that `run` would dial: those that are named, else those of the configuration that the cloud hands out. */
function nodesOf(
	{ nodes, openvpnConfig }: RunOptions,
	ownsOpenvpn: boolean,
): readonly string[] {
	const named = nodes.filter((node) => node !== STAND_INS.node);
	if (named.length > 0 || !ownsOpenvpn || openvpnConfig === undefined) {
		return named;
	}
	try {
		return configuredRemotes(readFileSync(openvpnConfig, 'utf8'));
	} catch {
		// A finding of its own says that it cannot be read.
		return [];
	}
}

/** Takes in what `run` would use, as far as it is known: a doctor also sees a device that has no configuration. */
export async function admit(
	flags: Flags,
	env: Env,
	masker: Masker,
	status: StatusReply | undefined,
): Promise<{ patient: Patient; found: readonly Finding[] }> {
	const { read, found: foundFile } = await configFrom(flags, env);
	masker.add(read?.deviceApiKey, read?.uuid ? [read.uuid] : []);
	const { options, found: foundOptions } = optionsFrom(flags, env, read);
	const { uuid } = options.device;
	const { key, found: foundKey } = await keyFrom(options.device.key);
	const isKnown = key !== STAND_INS.key && uuid !== STAND_INS.uuid;
	if (isKnown) {
		masker.add(key, [uuid]);
	}
	const own = ownName(flags, isKnown ? { uuid, key } : {}, status);
	const ownsOpenvpn = options.transports.some(({ name }) =>
		name.startsWith('openvpn-'),
	);
	return {
		found: [foundFile, ...foundOptions, ...foundKey, ...own.found],
		patient: {
			nodes: parseNodes(nodesOf(options, ownsOpenvpn)),
			transports: await makeTransports(options),
			alternatives: await makeTransports({
				...options,
				transports: alternatives(options.transports),
			}),
			device: own.device,
			ca: options.ca,
			insecure: options.insecure,
			proxy: options.proxy,
			ownsOpenvpn,
			openvpnBinary: options.openvpnBinary,
			openvpnConfig: ownsOpenvpn ? options.openvpnConfig : undefined,
			env,
		},
	};
}
