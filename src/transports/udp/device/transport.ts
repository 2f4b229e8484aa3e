import { debugLog } from '../../../debug.js';
import { randomBytes } from 'node:crypto';
import type { SecureContext } from 'node:tls';

import { DialError, outcome } from '../../../outcome.js';
import { openNativeLink } from '../../native/open-native-link.js';
import type { DialRequest, Link, NodeAddress } from '../../../transport.js';
import { addressesOf } from '../../websocket/addresses.js';
import { Attempt, TIMED_OUT, type TimedOut } from '../../websocket/attempt.js';
import type { Dialled } from './connect.js';
import { dialUdp } from './dial.js';
import { UdpEndError } from '../connection/end.js';
import { keepaliveFor } from './keepalive.js';
import type { UdpOptions } from './options.js';
import { classifyUdpEnd } from './outcomes.js';
import { PerNode } from './per-node.js';
import { clientContext, secureClient } from './tls.js';
import { UdpLink } from './udp-link.js';

const log = debugLog('cloudlink:transport:udp');

/** A node that answered and then falls silent is overloaded; one that never answers is blocked. */
const UDP_TIMED_OUT: TimedOut = {
	...TIMED_OUT,
	connect: [
		'udp-blocked',
		'No answer came over UDP in time: it is blocked, or the node is down.',
	],
	tls: [
		'upgrade-timeout',
		'The node answered over UDP, but the handshake was not done in time.',
	],
};

/** Dials over UDP, and keeps what a node said for the next dial: its token, and how often it was busy. */
export class UdpTransport {
	readonly #perNode = new PerNode();
	#secureContext: SecureContext | undefined;

	readonly #options: UdpOptions;

	constructor(options: UdpOptions) {
		this.#options = options;
	}

	async dial(request: DialRequest): Promise<Link> {
		const { node, signal } = request;
		if (!node) {
			throw new DialError(
				outcome('transport-failed', 'The udp transport needs a node.'),
			);
		}
		signal.throwIfAborted();
		const attempt = new Attempt(request, UDP_TIMED_OUT);
		try {
			const link = await this.#open(node, request, attempt);
			this.#perNode.notBusy(node.name);
			log('The link to %s is up.', node.name);
			return link;
		} catch (error) {
			signal.throwIfAborted();
			throw this.#explain(error, node, attempt);
		} finally {
			attempt.release();
		}
	}

	async #open(
		node: NodeAddress,
		request: DialRequest,
		attempt: Attempt,
	): Promise<Link> {
		const {
			servername = node.host,
			path,
			stableAfterMs,
			limits,
		} = this.#options;
		const { signal } = attempt;
		const dialled = await this.#reach(node, request, attempt);
		// With a token from last time nothing has come from the node yet, and the attempt may still be at an address that is not there.
		const onReached = () => {
			attempt.stage = 'tls';
			request.onConnected?.();
		};
		if (dialled.connection.isReached) {
			onReached();
		} else {
			dialled.driver.onReached = onReached;
		}
		const socket = await secureClient(
			dialled,
			{ host: servername, secureContext: this.#prepareContext() },
			signal,
		);
		attempt.stage = 'upgrade';
		const link = await openNativeLink({
			socket,
			request,
			transport: 'udp',
			secure: true,
			signal,
			path,
			stableAfterMs,
			limits,
			// An acknowledgement is a sign of life too.
			bytesReceived: () => dialled.connection.stats.received,
			carrierAsks: true,
		});
		return new UdpLink(link, dialled);
	}

	#prepareContext(): SecureContext {
		this.#secureContext ??= clientContext(this.#options.ca);
		return this.#secureContext;
	}

	/** With a token from last time the node is spoken to at once; else it is asked first. */
	async #reach(
		node: NodeAddress,
		{ runtime, livenessMs }: DialRequest,
		attempt: Attempt,
	): Promise<Dialled> {
		const { signal } = attempt;
		const found = await addressesOf(
			node.host,
			node.addresses,
			signal,
			this.#options.lookup,
		);
		const addresses = found.map(({ address }) => ({
			address,
			port: node.port,
		}));
		attempt.stage = 'connect';
		const known = this.#perNode.takeToken(node.name, addresses);
		const dialled = await dialUdp({
			addresses: known ? [known.at] : addresses,
			nextToken: known?.token,
			datagramBytes: this.#perNode.datagramBytes(node.name),
			runtime,
			randomBytes,
			signal,
			keepaliveMs: keepaliveFor(livenessMs),
			onAsked: () => {
				this.#prepareContext();
			},
		});
		const { connection } = dialled;
		connection.onNextToken = (token) => {
			const { options, datagramBytes } = connection;
			this.#perNode.keepToken(node.name, options.peer, token, datagramBytes);
		};
		return dialled;
	}

	#explain(error: unknown, node: NodeAddress, { stage }: Attempt): unknown {
		const isBusy = error instanceof UdpEndError && error.end.reason === 'busy';
		const trustTime = isBusy && this.#perNode.busy(node.name);
		if (!isBusy) {
			this.#perNode.notBusy(node.name);
		}
		if (stage === 'tls' && !isBusy) {
			this.#perNode.trySmaller(node.name);
		}
		const explained =
			error instanceof UdpEndError
				? new DialError(classifyUdpEnd(error.end, trustTime))
				: error;
		log('The attempt to reach %s ended: %s', node.name, explained);
		return explained;
	}
}
