import { debugLog } from '../../debug.js';
import { DialError } from '../../outcome.js';
import type { DialRequest, Link } from '../../transport.js';
import { dial } from './dial.js';
import type { WebsocketOptions } from './options.js';

const debug = debugLog('cloudlink:transport:websocket');

/** Dials, and says in the debug log what came of it. */
export class WebsocketDialler {
	readonly #options: WebsocketOptions;

	constructor(options: WebsocketOptions) {
		this.#options = options;
	}

	async dial(request: DialRequest): Promise<Link> {
		debug('Dialling %s.', request.node?.name);
		try {
			const link = await dial(request, this.#options);
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
	}
}
