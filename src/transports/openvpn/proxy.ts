import { DialError, outcome } from '../../outcome.js';
import type { NodeAddress } from '../../transport.js';
import { chooseProxy } from '../proxy-choice.js';

import { isPrintable } from './quote.js';

/** An HTTP proxy that openvpn is to go through. */
export interface Proxy {
	readonly host: string;
	readonly port: number;
	readonly credentials?: { readonly user: string; readonly password: string };
}

const HTTP_PORT = 80;

/** Whether a text stays one line of an inline block, and does not end it. */
const isLine = (text: string) =>
	isPrintable(text) && !text.trimStart().startsWith('</');

/**
 * The proxy for a node over TCP: the option, else what HTTPS_PROXY, ALL_PROXY and NO_PROXY say. Openvpn speaks to proxies in
 * clear only.
 */
export function proxyFor(
	node: NodeAddress,
	option: string | false | undefined,
): Proxy | undefined {
	const url = chooseProxy(node, option, false);
	if (!url) {
		return undefined;
	}
	if (url.protocol !== 'http:') {
		throw new DialError(
			outcome(
				'proxy-refused',
				`openvpn does not speak TLS to a proxy, and ${url.host} wants it: name an http:// one`,
			),
		);
	}
	const { hostname, port } = url;
	const [user, password] = [url.username, url.password].map(decodeURIComponent);
	if (![user!, password!].every(isLine)) {
		throw new DialError(
			outcome(
				'proxy-refused',
				'The user and password of the proxy must be one line each for openvpn.',
			),
		);
	}
	return {
		host: hostname.replace(/^\[(.*)\]$/, '$1'),
		port: port === '' ? HTTP_PORT : Number(port),
		...(user === ''
			? {}
			: { credentials: { user: user!, password: password! } }),
	};
}
