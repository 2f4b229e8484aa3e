import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { toError } from '../../errors.js';
import { DialError, outcome } from '../../outcome.js';
import { openNativeLink } from '../native/open-native-link.js';
import type { DialRequest, Link, NodeAddress } from '../../transport.js';
import { addressesOf } from './addresses.js';
import { Attempt } from './attempt.js';
import { classifyConnectError } from './classify.js';
import { connectFirst } from './connect-first.js';
import type { WebsocketOptions } from './options.js';
import { chooseProxy } from '../proxy-choice.js';
import { connectThroughProxy } from './proxy-connect.js';
import { secure } from './secure.js';

/**
 * While the node keeps an attempt waiting, the kernel asks this often whether it is still there: the NAT on the way
 * must not forget the connection, and a node that died must not be waited for. A link has its own signs of life.
 */
const WAITING_KEEPALIVE_MS = 30_000;

/** One dial: name, proxy, TCP, TLS, upgrade. Each step owns what it made and frees it if it fails. */
export async function dial(
	request: DialRequest,
	options: WebsocketOptions,
): Promise<Link> {
	const { node } = request;
	if (!node) {
		throw new DialError(
			outcome('transport-failed', 'The websocket transport needs a node.'),
		);
	}
	request.signal.throwIfAborted();
	const attempt = new Attempt(request);
	try {
		const proxy = chooseProxy(node, options.proxy, options.insecure === true);
		const socket = proxy
			? await throughProxy(node, proxy, request, options, attempt)
			: await direct(node, request, options, attempt);
		attempt.stage = options.insecure ? 'upgrade' : 'tls';
		keepAlive(socket, true);
		request.onConnected?.();
		const secured = options.insecure
			? socket
			: await withTls(socket, node, options, attempt);
		attempt.stage = 'upgrade';
		const link = await openNativeLink({
			socket: secured,
			request,
			transport: 'websocket',
			secure: options.insecure !== true,
			signal: attempt.signal,
			path: options.path,
			stableAfterMs: options.stableAfterMs,
			limits: options.limits,
		});
		keepAlive(socket, false);
		return link;
	} finally {
		attempt.release();
	}
}

function keepAlive(socket: Duplex, on: boolean): void {
	if (socket instanceof Socket) {
		socket.setKeepAlive(on, WAITING_KEEPALIVE_MS);
	}
}

async function direct(
	node: NodeAddress,
	{ runtime }: DialRequest,
	{ lookup }: WebsocketOptions,
	attempt: Attempt,
): Promise<Duplex> {
	const { signal } = attempt;
	const addresses = await addressesOf(
		node.host,
		node.addresses,
		signal,
		lookup,
	);
	attempt.stage = 'connect';
	try {
		return await connectFirst(addresses, node.port, runtime.clock, signal);
	} catch (thrown) {
		signal.throwIfAborted();
		throw new DialError(classifyConnectError(toError(thrown), node.name));
	}
}

async function withTls(
	socket: Duplex,
	node: NodeAddress,
	{ ca, servername }: WebsocketOptions,
	attempt: Attempt,
): Promise<Duplex> {
	return await secure(
		socket,
		{ host: servername ?? node.host, ca },
		attempt.signal,
	);
}

/** The proxy resolves the node's name, so that devices without DNS of their own get through. */
async function throughProxy(
	node: NodeAddress,
	proxy: URL,
	{ runtime }: DialRequest,
	{ lookup }: WebsocketOptions,
	attempt: Attempt,
): Promise<Duplex> {
	const { signal } = attempt;
	attempt.stage = 'proxy';
	const host = proxy.hostname.replace(/^\[|\]$/g, '');
	const isSecure = proxy.protocol === 'https:';
	const port = Number(proxy.port) || (isSecure ? 443 : 80);
	let socket: Duplex;
	try {
		const addresses = await addressesOf(host, undefined, signal, lookup);
		socket = await connectFirst(addresses, port, runtime.clock, signal);
		socket = isSecure ? await secure(socket, { host }, signal) : socket;
	} catch (thrown) {
		signal.throwIfAborted();
		const cause = toError(thrown);
		throw new DialError(
			outcome(
				'proxy-unreachable',
				`The proxy ${proxy.host} cannot be reached: ${cause.message}`,
				{ cause },
			),
		);
	}
	const nodeHost = node.host.includes(':') ? `[${node.host}]` : node.host;
	return await connectThroughProxy(
		socket,
		proxy,
		`${nodeHost}:${node.port}`,
		signal,
	);
}
