import type { ClientHttp2Stream } from 'node:http2';

import type { Registry } from './registry.js';

/** What the proxy answers when it does not reach a service: status, and a sentence for people. */
export interface ProxyRefusal {
	readonly status: number;
	readonly reason: string;
}

/** A service of a device, reached or not. */
export type Reached =
	{ readonly stream: ClientHttp2Stream } | { readonly refusal: ProxyRefusal };

const REASONS: Record<number, string> = {
	403: 'The device does not offer this port.',
	502: 'Nothing listens on this port of the device.',
	504: 'The service on the device did not accept in time.',
};

const refused = (status: number, reason: string): Reached => ({
	refusal: { status, reason },
});

/** `<uuid>.balena:<port>`, where the uuid is one DNS label; undefined if it is anything else. */
function parseTarget(
	authority: string,
): { uuid: string; port: number } | undefined {
	const parts = /^([a-z0-9_-]{1,63})\.balena(?::(\d{1,5}))?$/i.exec(authority);
	const port = Number(parts?.[2] ?? 80);
	return parts && port >= 1 && port <= 65535
		? { uuid: parts[1]!.toLowerCase(), port }
		: undefined;
}

/** Opens a stream to a service through the newest link of its device, wherever that is. */
export function reach(
	registry: Registry,
	authority: string,
	signal: AbortSignal,
): Promise<Reached> {
	const target = parseTarget(authority);
	if (!target) {
		return Promise.resolve(
			refused(400, 'The host has to be <uuid>.balena:<port>.'),
		);
	}
	const link = registry.newest(target.uuid);
	if (!link) {
		return Promise.resolve(
			registry.knows(target.uuid)
				? refused(503, 'The device is not connected now.')
				: refused(404, 'No such device has ever connected.'),
		);
	}
	return new Promise((resolve) => {
		const stream = link.open(target.port);
		const onAbort = () => {
			stream.destroy(signal.reason as Error);
		};
		signal.addEventListener('abort', onAbort, { once: true });
		stream.on('error', () => undefined);
		stream.on('response', (headers) => {
			const status = headers[':status'] ?? 0;
			if (status === 200) {
				resolve({ stream });
			} else {
				stream.destroy();
				resolve(
					refused(
						status >= 400 ? status : 502,
						REASONS[status] ?? `The device answered ${status}.`,
					),
				);
			}
		});
		stream.on('close', () => {
			signal.removeEventListener('abort', onAbort);
			resolve(refused(502, 'The link ended before the device answered.'));
		});
	});
}
