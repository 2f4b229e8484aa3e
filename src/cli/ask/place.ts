import type { Command } from 'commander';

import type { HealthAddress } from '../../telemetry/address.js';
import { usageError } from '../exit.js';
import { readConfig } from '../settings/config-file.js';
import { defaultControlPath, defaultHealthPath } from '../settings/places.js';
import { SETTINGS } from '../settings/table.js';
import type { Env } from '../settings/types.js';

/** What says where the agent is found; the same for every command that asks it. */
export interface PlaceFlags {
	readonly health?: string;
	readonly control?: string;
	readonly config?: string;
}

type Place = 'health' | 'control';

const DEFAULT: Record<Place, (env: Env) => string> = {
	health: defaultHealthPath,
	control: defaultControlPath,
};

const HELP: Record<Place, string> = {
	health: 'where the agent serves its health',
	control: 'where the agent takes commands',
};

export function addPlaceOptions(command: Command, ...places: Place[]): Command {
	for (const place of places) {
		const { flag, env } = SETTINGS[place];
		command.option(flag, `${HELP[place]} [${env}]`);
	}
	return command.option(
		'--config <file>',
		"the agent's config.json, which may name that place [CLOUDLINK_CONFIG]",
	);
}

/** What config.json says of it. Whatever else may be wrong there is for `run` and `doctor` to tell. */
async function fromConfig(
	place: Place,
	flags: PlaceFlags,
	env: Env,
): Promise<string | undefined> {
	const config = await readConfig({ ...flags }, env).catch(() => undefined);
	const section = config?.cloudlink as
		Partial<Record<Place, unknown>> | null | undefined;
	const value = section?.[place];
	return typeof value === 'string' || typeof value === 'number'
		? String(value)
		: undefined;
}

/** Where the running agent is found: as told, or in the default place. */
async function placeOf(
	place: Place,
	flags: PlaceFlags,
	env: Env,
): Promise<{ readonly source: string; readonly given: string }> {
	const { flag, env: variable } = SETTINGS[place];
	const sources = [
		[flag.split(' ')[0]!, flags[place]],
		[variable, env[variable]],
		[
			`\`cloudlink.${place}\` in config.json`,
			await fromConfig(place, flags, env),
		],
	] as const;
	const [source, given] = sources.find(([, text]) => text) ?? [];
	if (given === 'none') {
		throw usageError(
			`The agent serves no ${place} (none): there is nothing to ask.`,
		);
	}
	return { source: source ?? '', given: given ?? DEFAULT[place](env) };
}

export async function healthAddress(
	flags: PlaceFlags,
	env: Env,
): Promise<HealthAddress> {
	const { source, given } = await placeOf('health', flags, env);
	const address = SETTINGS.health.parse(given);
	if (!address || address === 'none') {
		throw usageError(`${source} must be ${SETTINGS.health.expected}.`);
	}
	return address;
}

export async function controlAddress(
	flags: PlaceFlags,
	env: Env,
): Promise<{ readonly path: string }> {
	return { path: (await placeOf('control', flags, env)).given };
}
