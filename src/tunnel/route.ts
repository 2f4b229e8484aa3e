import type { IncomingHttpHeaders } from 'node:http2';

import type { Service } from '../transport.js';

/** Where a node tells hints to a live link. */
export const HINT_PATH = '/.well-known/cloudlink/hints';

/** What one request of the node asks for. */
export type Route =
	| { readonly to: 'service'; readonly service: Service }
	| { readonly to: 'hint' }
	| { readonly to: 'refusal'; readonly status: 400 | 403 | 405 };

const refusal = (status: 400 | 403 | 405): Route => ({
	to: 'refusal',
	status,
});

/**
 * Reads a request. A CONNECT is taken in its plain form only (RFC 9113, 8.5): `:method` and `:authority`, since
 * the extended form (`:protocol`, RFC 8441) would ask for something that nobody offered.
 */
export function route(
	headers: IncomingHttpHeaders,
	uuid: string,
	services: readonly Service[],
): Route {
	if (headers[':method'] !== 'CONNECT') {
		return headers[':method'] === 'POST' && headers[':path'] === HINT_PATH
			? { to: 'hint' }
			: refusal(405);
	}
	if (
		headers[':path'] !== undefined ||
		headers[':scheme'] !== undefined ||
		headers[':protocol'] !== undefined
	) {
		return refusal(400);
	}
	const target = /^([^.:@/\s]+)\.balena:(\d{1,5})$/i.exec(
		headers[':authority'] ?? '',
	);
	if (!target) {
		return refusal(400);
	}
	const service =
		target[1]!.toLowerCase() === uuid.toLowerCase()
			? services.find(({ port }) => port === Number(target[2]))
			: undefined;
	return service ? { to: 'service', service } : refusal(403);
}
