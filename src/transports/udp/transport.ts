import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import {
	createSecureContext,
	type SecureContext,
	type TLSSocket,
} from 'node:tls';

import debug from 'debug';
import * as v from 'valibot';

import { toError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import { DialError, outcome, type Outcome } from '../../outcome.js';
import { openNativeLink } from '../native/index.js';
import type {
	DialRequest,
	Link,
	NodeAddress,
	Transport,
} from '../transport.js';
import { dialUdp, type Dialled } from './dial.js';
import { UdpEndError } from './end.js';
import { classifyUdpEnd } from './outcomes.js';
import type { Address } from './path.js';
import { PerNode } from './per-node.js';
import { secureClient } from './tls.js';
import { classifyTlsError } from './tls-error.js';
import { UdpLink } from './udp-link.js';

const log = debug('cloudlink:transport:udp');

/** A carrier for a native link over UDP, for where TCP is blocked or throttled. */
export interface UdpOptions {
	/** Certificates that the node's chain may end in, PEM. @default those that Node trusts */
	readonly ca?: string | readonly string[];
	/** The name that the node's certificate must be for. @default the host that is dialled */
	readonly servername?: string;
	/** The path of the upgrade request. @default '/cloudlink/v1' */
	readonly path?: string;
}

const schema = v.strictObject({
	ca: v.optional(
		v.union(
			[v.string('must be PEM'), v.array(v.string('must be PEM'))],
			'must be PEM, one or several',
		),
	),
	servername: v.optional(
		v.pipe(v.string('must be a name'), v.minLength(1, 'must not be empty')),
	),
	path: v.optional(
		v.pipe(
			v.string('must be a path'),
			v.startsWith('/', 'must begin with a slash'),
		),
	),
});

/**
 * Carries a link over UDP: a reliable stream of our own under Node's TLS 1.3, and above TLS the very same
 * upgrade, authentication and session as `websocket()`. `docs/udp-protocol.md` specifies it.
 *
 * @example
 * new CloudlinkAgent({ device, nodes, transports: [websocket({ ca }), udp({ ca })] });
 */
export function udp(options: UdpOptions = {}): Transport {
	return new UdpTransport(options);
}

class UdpTransport implements Transport {
	readonly name = 'udp';
	readonly succession = 'beside';
	readonly needsNode = true;
	private readonly perNode = new PerNode();
	private secureContext: SecureContext | undefined;

	constructor(private readonly options: UdpOptions) {}

	validate(): void {
		checkOptions(schema, this.options, 'udp()');
	}

	async dial(request: DialRequest): Promise<Link> {
		const { runtime, signal, deadlineMs } = request;
		signal.throwIfAborted();
		const attempt = new AbortController();
		const onAbort = () => {
			attempt.abort(signal.reason);
		};
		signal.addEventListener('abort', onAbort, { once: true });
		const deadline = runtime.clock.setTimer(deadlineMs, () => {
			attempt.abort(new DeadlineError());
		});
		const progress: Progress = { phase: 'hello' };
		try {
			return await this.attempt(request, attempt.signal, progress);
		} catch (error) {
			signal.throwIfAborted();
			const ended = this.classify(error, request.node!, progress);
			log(
				'The attempt to reach %s ended: %s',
				request.node!.name,
				ended.message,
			);
			throw new DialError(ended);
		} finally {
			deadline.cancel();
			signal.removeEventListener('abort', onAbort);
		}
	}

	private async attempt(
		request: DialRequest,
		signal: AbortSignal,
		progress: Progress,
	): Promise<Link> {
		const node = request.node!;
		const addresses = await resolve(node, signal);
		const dialled = await this.reach(node, addresses, request, signal);
		progress.phase = 'tls';
		const socket = await this.secure(dialled, node, signal);
		progress.phase = 'upgrade';
		const link = await openNativeLink({
			socket,
			request,
			transport: 'udp',
			secure: true,
			signal,
			path: this.options.path,
		});
		this.perNode.notBusy(node.name);
		log('The link to %s is up.', node.name);
		return new UdpLink(link, dialled.stream);
	}

	/** With a token from last time the node is spoken to at once; else it is asked first. */
	private async reach(
		node: NodeAddress,
		addresses: readonly Address[],
		request: DialRequest,
		signal: AbortSignal,
	) {
		const known = this.perNode.takeToken(node.name, addresses);
		const dialled = await dialUdp({
			addresses: known ? [known.at] : addresses,
			nextToken: known?.token,
			runtime: request.runtime,
			randomBytes,
			signal,
		});
		dialled.connection.onNextToken = (token) => {
			this.perNode.keepToken(node.name, dialled.connection.options.peer, token);
		};
		return dialled;
	}

	private async secure(
		dialled: Dialled,
		node: NodeAddress,
		signal: AbortSignal,
	): Promise<TLSSocket> {
		const { ca, servername = node.host } = this.options;
		try {
			this.secureContext ??= createSecureContext({
				ca: ca as string | string[],
				minVersion: 'TLSv1.3',
			});
		} catch (error) {
			dialled.stream.destroy();
			throw error;
		}
		return await secureClient(dialled, {
			secureContext: this.secureContext,
			servername,
			signal,
		});
	}

	private classify(
		error: unknown,
		node: NodeAddress,
		{ phase }: Progress,
	): Outcome {
		if (error instanceof DeadlineError) {
			return phase === 'hello'
				? classifyUdpEnd({ reason: 'no-answer' }, false)
				: classifyUdpEnd({ reason: 'handshake-timeout' }, false);
		}
		const isBusy = error instanceof UdpEndError && error.end.reason === 'busy';
		if (!isBusy) {
			this.perNode.notBusy(node.name);
		}
		if (error instanceof UdpEndError) {
			return classifyUdpEnd(error.end, isBusy && this.perNode.busy(node.name));
		}
		if (error instanceof DialError) {
			return error.outcome;
		}
		return classifyTlsError(toError(error));
	}
}

/** How far an attempt has come: what a time-out means hangs on it. */
interface Progress {
	phase: 'hello' | 'tls' | 'upgrade';
}

class DeadlineError extends Error {}

async function resolve(
	node: NodeAddress,
	signal: AbortSignal,
): Promise<readonly Address[]> {
	const { host, port } = node;
	const make = (address: string) => ({ address, port });
	if (node.addresses?.length) {
		return node.addresses.map(make);
	}
	if (isIP(host)) {
		return [make(host)];
	}
	const found = await abortable(lookup(host, { all: true }), signal).catch(
		(error: unknown) => {
			signal.throwIfAborted();
			throw new DialError(
				outcome('dns-failed', `The name ${host} could not be resolved.`, {
					cause: toError(error),
				}),
			);
		},
	);
	return found.map(({ address }) => make(address));
}

/** A look-up cannot be called back, but need not be waited for. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
	return new Promise((done, reject) => {
		const onAbort = () => {
			reject(toError(signal.reason));
		};
		signal.addEventListener('abort', onAbort, { once: true });
		work.then(done, reject).finally(() => {
			signal.removeEventListener('abort', onAbort);
		});
	});
}
