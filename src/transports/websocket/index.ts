import type { Transport } from '../../transport.js';
import { debugLog } from '../../debug.js';
import { DialError } from '../../outcome.js';
import { dial } from './dial.js';
import { checkWebsocketOptions, type WebsocketOptions } from './options.js';

export type { WebsocketOptions } from './options.js';

const debug = debugLog('cloudlink:transport:websocket');

/**
 * The native tunnel over WebSocket on TLS on TCP, which passes corporate proxies. Give it to an agent.
 *
 * @example
 * ```ts
 * new CloudlinkAgent({ transports: [websocket({ ca: readFileSync('ca.pem', 'utf8') })], ... });
 * ```
 */
export function websocket(options: WebsocketOptions = {}): Transport {
	return {
		name: 'websocket',
		handover: 'make-before-break',
		needsNode: true,
		validate: () => {
			checkWebsocketOptions(options);
		},
		dial: async (request) => {
			debug('Dialling %s.', request.node?.name);
			try {
				const link = await dial(request, options);
				debug('The link to %s is up.', link.node);
				void link.ended.then(({ code }) => {
					debug('The link to %s ended: %s.', link.node, code);
				});
				return link;
			} catch (thrown) {
				debug(
					'The dial of %s failed: %s.',
					request.node?.name,
					thrown instanceof DialError ? thrown.outcome.code : 'aborted',
				);
				throw thrown;
			}
		},
	};
}
