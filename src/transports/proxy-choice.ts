import { isIP } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';

import { DialError, outcome } from '../outcome.js';
import type { NodeAddress } from '../transport.js';

/** A proxy's URL; undefined if it cannot be used. */
export function parseProxy(text: string): URL | undefined {
	if (!URL.canParse(text)) {
		return undefined;
	}
	const url = new URL(text);
	const usable = url.protocol === 'http:' || url.protocol === 'https:';
	return usable && url.hostname !== '' && isDecodable(url) ? url : undefined;
}

/** A `%` in a user or password has to be written as `%25`. */
function isDecodable({ username, password }: URL): boolean {
	try {
		decodeURIComponent(username + password);
		return true;
	} catch {
		return false;
	}
}

/**
 * The proxy for a node: the option, else what the environment says now. As in Go's `net/http`, the environment's
 * proxy is not asked for loopback.
 */
export function chooseProxy(
	node: Pick<NodeAddress, 'host' | 'port'>,
	option: string | false | undefined,
	insecure: boolean,
): URL | undefined {
	if (option !== undefined) {
		return option === false ? undefined : parseProxy(option);
	}
	if (isLoopback(node.host)) {
		return undefined;
	}
	const host = isIP(node.host) === 6 ? `[${node.host}]` : node.host;
	const text = getProxyForUrl(
		`${insecure ? 'http' : 'https'}://${host}:${node.port}`,
	);
	if (text === '') {
		return undefined;
	}
	const proxy = parseProxy(text);
	if (!proxy) {
		throw new DialError(
			outcome(
				'proxy-refused',
				'The proxy that the environment names is not an http:// or https:// URL (a % in its password is written %25).',
			),
		);
	}
	return proxy;
}

function isLoopback(host: string): boolean {
	return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
}
