import { request } from 'node:http';
import type { Duplex } from 'node:stream';

import { DialError, outcome } from '../../outcome.js';
import { classifyProxyStatus } from './classify.js';

/**
 * Asks a proxy, over a connection to it, for a connection to the node (RFC 9110, 9.3.6). Rejects with a
 * DialError, or with the signal's reason; the socket is destroyed then.
 */
export function connectThroughProxy(
	socket: Duplex,
	proxy: URL,
	target: string,
	signal: AbortSignal,
): Promise<Duplex> {
	return new Promise((resolve, reject) => {
		const ask = request({
			method: 'CONNECT',
			path: target,
			createConnection: () => socket,
			headers: { host: target, ...credentials(proxy) },
		});
		const settle = () => {
			signal.removeEventListener('abort', onAbort);
		};
		const fail = (reason: Error) => {
			settle();
			socket.destroy();
			reject(reason);
		};
		const onAbort = () => {
			fail(signal.reason as Error);
		};
		signal.addEventListener('abort', onAbort, { once: true });
		ask.on('error', (cause) => {
			fail(
				new DialError(
					outcome('proxy-unreachable', `The proxy ${proxy.host} failed.`, {
						cause,
					}),
				),
			);
		});
		// Any status comes here, since the method is CONNECT.
		ask.once('connect', (response, connected: Duplex, head: Buffer) => {
			const status = response.statusCode ?? 0;
			if (status < 200 || status > 299) {
				fail(new DialError(classifyProxyStatus(status, proxy.host)));
				return;
			}
			settle();
			if (head.length > 0) {
				connected.unshift(head);
			}
			resolve(connected);
		});
		ask.end();
	});
}

function credentials({ username, password }: URL): Record<string, string> {
	if (username === '' && password === '') {
		return {};
	}
	const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
	return {
		'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}`,
	};
}
