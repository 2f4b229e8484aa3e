import type { KeySource } from '../../agent/key.js';
import type { Masker } from '../log/mask.js';
import type { Env } from '../settings/types.js';
import type { RunOptions } from './options.js';

/** Whatever key the agent is given is masked from then on. */
export function maskedDevice(
	{ uuid, key }: RunOptions['device'],
	masker: Masker,
): RunOptions['device'] {
	const remember = (secret: string) => {
		masker.add(secret, [uuid]);
		return secret;
	};
	const source: KeySource | undefined =
		typeof key === 'function'
			? async () => remember(await key())
			: key === undefined
				? undefined
				: remember(key);
	return { uuid, key: source };
}

/** Masks the passwords of proxies: of the one that was given, and of those that the environment names. */
export function maskProxies(
	given: string | undefined,
	env: Env,
	masker: Masker,
): void {
	masker.addPasswordOf(given);
	for (const [name, url] of Object.entries(env)) {
		if (name.toLowerCase().endsWith('_proxy')) {
			masker.addPasswordOf(url);
		}
	}
}
