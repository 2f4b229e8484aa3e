import { DialError } from '../../outcome.js';
import { serveTunnel } from '../../tunnel/index.js';
import type { Link, TransportName } from '../../transport.js';
import { Mailbox, NativeLink } from './native-link.js';
import { upgrade, type UpgradeOptions } from './upgrade.js';

/** How long a link must live before it counts as stable. */
const DEFAULT_STABLE_AFTER_MS = 60_000;

export interface NativeLinkOptions extends UpgradeOptions {
	readonly transport: TransportName;
	/** From when on a close 1011 means a lost link and no overload. @default 60000 */
	readonly stableAfterMs?: number;
	/** What is below shows life by itself when the link is quiet. @default false */
	readonly carrierAsks?: boolean;
}

/**
 * Makes a link of a connected socket, whatever carries it: WebSocket upgrade with authentication, then HTTP/2
 * in reverse. Resolves when the node's SETTINGS have come. Rejects with a DialError, or with the signal's
 * reason; nothing of the attempt is left then, the socket included.
 */
export async function openNativeLink(
	options: NativeLinkOptions,
): Promise<Link> {
	const { socket, request, signal, transport } = options;
	const mailbox = new Mailbox();
	const { link, ready } = await upgrade(options, ({ ws, duplex, hint }) => {
		if (hint) {
			mailbox.onHint(hint);
		}
		const tunnel = serveTunnel(duplex, {
			uuid: request.device.uuid,
			services: request.services,
			livenessMs: request.livenessMs,
			runtime: request.runtime,
			listener: mailbox,
			limits: options.limits,
			carrierAsks: options.carrierAsks,
		});
		return {
			ready: tunnel.ready,
			link: new NativeLink({
				transport,
				node: request.node!.name,
				socket,
				ws,
				tunnel,
				mailbox,
				clock: request.runtime.clock,
				stableAfterMs: options.stableAfterMs ?? DEFAULT_STABLE_AFTER_MS,
			}),
		};
	});

	// An abort ends the link too, so there are two ways to go on.
	const onAbort = () => void link.close(0);
	signal.addEventListener('abort', onAbort, { once: true });
	if (signal.aborted) {
		onAbort();
	}
	const ended = await Promise.race([ready, link.ended]);
	signal.removeEventListener('abort', onAbort);
	if (signal.aborted) {
		await link.close(0);
		signal.throwIfAborted();
	}
	if (ended) {
		throw new DialError(ended);
	}
	return link;
}
