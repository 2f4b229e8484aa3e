import { join } from 'node:path';

import type { Env } from './types.js';

/** balenaOS's configuration of the device. */
export const CONFIG_PATH = '/mnt/boot/config.json';
/** The client configuration that balenaOS keeps for openvpn. */
export const OPENVPN_CONFIG_PATH = '/etc/openvpn/openvpn.conf';

/** A place, or undefined for none; by whom it was chosen decides how loudly its failure is told. */
export interface Chosen<T> {
	readonly value: T | undefined;
	readonly explicit: boolean;
}

export const chosen = <T>(
	given: T | 'none' | undefined,
	byDefault: T | undefined,
): Chosen<T> => ({
	value: given === 'none' ? undefined : (given ?? byDefault),
	explicit: given !== undefined,
});

/** systemd gives folders as a list with colons between. */
const first = (folders: string | undefined) => folders?.split(':')[0];

const runtimeFolder = (env: Env): string =>
	first(env.RUNTIME_DIRECTORY) ??
	(process.getuid?.() !== 0 && env.XDG_RUNTIME_DIR
		? join(env.XDG_RUNTIME_DIR, 'cloudlink-agent')
		: '/run/cloudlink-agent');

/** Where `run` serves health unless told, and where the other commands look for it. */
export const defaultHealthPath = (env: Env): string =>
	join(runtimeFolder(env), 'health.sock');

/** Where `run` takes commands unless told. */
export const defaultControlPath = (env: Env): string =>
	join(runtimeFolder(env), 'control.sock');

export function defaultStatePath(env: Env): string {
	const folder = first(env.STATE_DIRECTORY) ?? '/var/lib/cloudlink-agent';
	return join(folder, 'state.json');
}
