import type { Transport } from '../../transport.js';
import { loadWhenUsed } from '../load-when-used.js';
import { checkWebsocketOptions, type WebsocketOptions } from './options.js';
import { WEBSOCKET } from './traits.js';

export type { WebsocketOptions } from './options.js';

/**
 * The native tunnel over WebSocket on TLS on TCP, which passes corporate proxies. Give it to an agent.
 *
 * @example
 * ```ts
 * new CloudlinkAgent({ transports: [websocket({ ca: readFileSync('ca.pem', 'utf8') })], ... });
 * ```
 */
export function websocket(options: WebsocketOptions = {}): Transport {
	return loadWhenUsed(
		{
			name: WEBSOCKET.name,
			handover: 'make-before-break',
			needsNode: true,
			needsKey: true,
			validate: () => {
				checkWebsocketOptions(options);
			},
		},
		async () => {
			const { WebsocketDialler } = await import(
				/* webpackMode: "eager" */ './dialler.js'
			);
			return new WebsocketDialler(options);
		},
	);
}
