import { readFileSync } from 'node:fs';

import type { KeySource } from '../../agent/key.js';
import type { DeviceConfig } from '../../device/config-json.js';
import { CloudlinkError, toError } from '../../errors.js';
import { parseNodes } from '../../nodes/index.js';
import { configuredRemotes } from '../../transports/openvpn/index.js';
import type { Masker } from '../log/mask.js';
import type { StandIns } from '../run/identity.js';
import { resolveRunOptions, type RunOptions } from '../run/options.js';
import { readConfig } from '../settings/config-file.js';
import type { TransportSpec } from '../settings/types.js';
import type { Env, Flags } from '../settings/types.js';
import { makeTransports } from '../run/transports.js';
import type { Patient } from './examine.js';
import { findings, type Finding } from './finding.js';

/** What is missing is no obstacle: nothing is dialled in the device's name unless asked. */
const STAND_INS: StandIns = {
	uuid: '0',
	// No secret: it is never sent.
	key: 'doctor',
	node: 'node.invalid:443',
};

const config = findings('config');

const isOurs = (thrown: unknown): thrown is CloudlinkError =>
	thrown instanceof CloudlinkError;

/** A config.json that cannot be used is what a doctor is called for. */
async function configFrom(
	flags: Flags,
	env: Env,
): Promise<{ read?: DeviceConfig; found: Finding }> {
	try {
		const read = await readConfig(flags, env);
		return read
			? { read, found: config.ok(`${read.file} can be read.`) }
			: {
					found: config.note(
						'There is no config.json; flags and environment are used.',
					),
				};
	} catch (thrown) {
		if (!isOurs(thrown)) {
			throw thrown;
		}
		return {
			found: config.failure(
				thrown.message,
				'Without it the agent does not start; flags and environment alone were used here.',
			),
		};
	}
}

/** What `run` would use, with stand-ins, and what it would refuse. A flag that cannot be used is thrown. */
function optionsFrom(
	flags: Flags,
	env: Env,
	read: DeviceConfig | undefined,
): { options: RunOptions; found: Finding[] } {
	const found: Finding[] = [];
	let options: RunOptions;
	try {
		options = resolveRunOptions(flags, env, read, STAND_INS);
	} catch (thrown) {
		if (!isOurs(thrown) || read?.cloudlink === undefined) {
			throw thrown;
		}
		const without = { ...read, cloudlink: undefined };
		options = resolveRunOptions(flags, env, without, STAND_INS);
		found.push(
			config.failure(
				thrown.message,
				'The agent does not start until this is mended; the section was left out here.',
			),
		);
	}
	if (read && found.length === 0) {
		try {
			resolveRunOptions(flags, env, read);
		} catch (thrown) {
			const seen = toError(thrown).message;
			found.push(config.warning(seen, 'The agent does not start until then.'));
		}
	}
	return { options, found };
}

async function keyFrom(
	source: KeySource | undefined,
): Promise<{ key?: string; found: Finding[] }> {
	if (typeof source !== 'function') {
		return { key: source, found: [] };
	}
	const file = findings('key');
	try {
		const key = await source();
		return key
			? { key, found: [file.ok('The key file can be read.')] }
			: { found: [file.failure('The key file is empty.', KEY_ADVICE)] };
	} catch (thrown) {
		const { message } = toError(thrown);
		return {
			found: [
				file.failure(`The key file cannot be read: ${message}.`, KEY_ADVICE),
			],
		};
	}
}

const KEY_ADVICE =
	"Write the device's key to the file that --key-file names, readable by the agent's user alone.";

/** The other carrier of each kind that was asked for: whether UDP gets through is worth knowing before it is needed. */
function alternatives(
	transports: readonly TransportSpec[],
): readonly TransportSpec[] {
	const names = transports.map(({ name }) => name);
	return (
		[
			['websocket', 'udp'],
			['openvpn-tcp', 'openvpn-udp'],
		] as const
	).flatMap((pair) =>
		pair.some((name) => names.includes(name))
			? pair.filter((name) => !names.includes(name)).map((name) => ({ name }))
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
): Promise<{ patient: Patient; found: readonly Finding[] }> {
	const { read, found: foundFile } = await configFrom(flags, env);
	masker.add(read?.deviceApiKey, read?.uuid ? [read.uuid] : []);
	const { options, found: foundOptions } = optionsFrom(flags, env, read);
	const { uuid } = options.device;
	const { key, found: foundKey } = await keyFrom(options.device.key);
	if (key !== STAND_INS.key) {
		masker.add(key, [uuid]);
	}
	const ownsOpenvpn = options.transports.some(({ name }) =>
		name.startsWith('openvpn-'),
	);
	return {
		found: [foundFile, ...foundOptions, ...foundKey],
		patient: {
			nodes: parseNodes(nodesOf(options, ownsOpenvpn)),
			transports: makeTransports(options),
			alternatives: makeTransports({
				...options,
				transports: alternatives(options.transports),
			}),
			device: flags.authenticate === true ? { uuid, key } : undefined,
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
