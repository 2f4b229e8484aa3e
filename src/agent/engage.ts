import { CloudlinkError } from '../errors.js';
import { wait } from '../runtime/index.js';
import type { Transport } from '../transport.js';
import { MARGIN_MS } from './given-up.js';
import { breach } from './guarded-link.js';
import type { ResolvedOptions } from './options.js';

type Warn = (warning: CloudlinkError) => void;

/** Lets each transport take what it has to hold while it does not dial, too. */
export function engageAll(
	{ transports, livenessMs, runtime }: ResolvedOptions,
	warn: Warn,
	onLink: () => void,
): void {
	for (const transport of transports) {
		try {
			transport.engage?.({
				livenessMs,
				runtime,
				warn: (message) => {
					warn(new CloudlinkError('ERR_CLOUDLINK_HINT', message));
				},
				onLink,
			});
		} catch (thrown) {
			warn(breach(transport.name, 'failed to be engaged', thrown));
		}
	}
}

/** Lets each transport let go of it: an attached openvpn must not be left in hold. */
export async function releaseAll(
	{ transports, runtime }: ResolvedOptions,
	warn: Warn,
): Promise<void> {
	await Promise.all(
		transports.map(async (transport) => {
			await release(transport, runtime.clock, warn);
		}),
	);
}

async function release(
	transport: Transport,
	clock: ResolvedOptions['runtime']['clock'],
	warn: Warn,
): Promise<void> {
	const released = new AbortController();
	const late = wait(clock, MARGIN_MS, released.signal).then(
		() => {
			warn(breach(transport.name, 'was not released in time'));
		},
		() => undefined,
	);
	try {
		await Promise.race([transport.release?.(), late]);
	} catch (thrown) {
		warn(breach(transport.name, 'failed to be released', thrown));
	} finally {
		released.abort();
	}
}
