import type { DeviceConfig } from '../../device/config-json.js';
import { CloudlinkError, toError } from '../../errors.js';
import type { StandIns } from '../run/identity.js';
import { resolveRunOptions, type RunOptions } from '../run/options.js';
import { readConfig } from '../settings/config-file.js';
import type { Env, Flags } from '../settings/types.js';
import { findings, type Finding } from './finding.js';

/** What is missing is no obstacle: without it nothing is dialled in the device's name. */
export const STAND_INS: StandIns = {
	uuid: '0',
	// No secret: it is never sent.
	key: 'doctor',
	node: 'node.invalid:443',
};

const config = findings('config');

const isOurs = (thrown: unknown): thrown is CloudlinkError =>
	thrown instanceof CloudlinkError;

/** A config.json that cannot be used is what a doctor is called for. */
export async function configFrom(
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
export function optionsFrom(
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
