import { existsSync } from 'node:fs';

import { readConfigJson, type DeviceConfig } from '../../device/config-json.js';
import { CONFIG_PATH } from './places.js';
import type { Env, Flags } from './types.js';

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
