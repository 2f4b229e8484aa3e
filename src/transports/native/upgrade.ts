import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

import type { Hint } from '../../hint.js';
import { DialError, outcome } from '../../outcome.js';
import { DEFAULT_LIMITS, type TunnelLimits } from '../../tunnel/index.js';
import type { DialRequest } from '../../transport.js';
import { authorization } from './authorization.js';
import { classifyStatus, classifyUpgradeError } from './classify.js';
import { parseHintHeaders } from './hint-headers.js';
import { guardConnection, limitTalk } from './connection-guard.js';
import { LONGEST_MESSAGE_BYTES, WebSocketDuplex } from './ws-duplex.js';

const DEFAULT_PATH = '/cloudlink/v1';
const SUBPROTOCOL = 'cloudlink.h2.v1';

/** HTTP bytes of the answer to the upgrade: twice of what Node takes as headers. */
const LONGEST_ANSWER_BYTES = 32 * 1024;
/** Of the answer's headers. */
const LONGEST_HEADERS_BYTES = 16 * 1024;
/** Fragments of one message: enough for the longest in fragments of 1 KiB. */
const MOST_FRAGMENTS = LONGEST_MESSAGE_BYTES / 1024;
/** Pieces in which the connection brings one frame: TCP's own are hardly shorter (RFC 9293, 3.7.1). */
const MOST_CHUNKS = LONGEST_MESSAGE_BYTES / 256;

/** Answers to pings that wait to be sent. `ws` would end the connection beyond it without a word; our own limit comes first. */
const MOST_PENDING_PONGS = 8192;

/** How long the peer may take to close its socket after a close frame, in ms. */
const CLOSE_TIMEOUT_MS = 1000;

export interface UpgradeOptions {
	/** Connected, and secured if it is going to be. The upgrade owns it from here on. */
	readonly socket: Duplex;
	readonly request: DialRequest;
	/** Whether TLS is on the socket. */
	readonly secure: boolean;
	/** Ends the upgrade at once; its reason is what the promise rejects with. */
	readonly signal: AbortSignal;
	/** @default '/cloudlink/v1' */
	readonly path?: string;
	/** What the connection's pieces and WebSocket frames are held to. */
	readonly limits?: Partial<TunnelLimits>;
	/** Bytes that came on any layer beneath; more of them is a sign of life. @default what the socket has read */
	readonly bytesReceived?: () => number;
	/**
	 * The mask key. Zero inside TLS, since masking protects intermediaries that read plain text (RFC 6455,
	 * 10.3) and it costs more than all else that the device does; random without TLS. Only benches set it.
	 */
	readonly mask?: 'zero' | 'random';
}

export interface Upgraded {
	readonly ws: WebSocket;
	readonly duplex: WebSocketDuplex;
	/** What the headers of the 101 said. */
	readonly hint: Hint | undefined;
}

/**
 * Authenticates and asks for the upgrade. `onOpen` is called in the very turn in which it was granted. Rejects
 * with a DialError, or the signal's reason; the socket is gone then.
 */
export function upgrade<T>(
	options: UpgradeOptions,
	onOpen: (upgraded: Upgraded) => T,
): Promise<T> {
	const { socket, signal, request } = options;
	return new Promise((resolve, reject) => {
		let ws: WebSocket;
		try {
			signal.throwIfAborted();
			ws = clientFor(options);
		} catch (error) {
			socket.destroy();
			throw error;
		}
		const duplex = new WebSocketDuplex(ws, {
			clock: request.runtime.clock,
			bounded: true,
			bytesReceived: options.bytesReceived ?? (() => bytesReadOf(socket)),
		});
		duplex.on('error', () => undefined);
		let hint: Hint | undefined;

		const talk = limitTalk(socket, LONGEST_ANSWER_BYTES, () => {
			fail(
				new DialError(
					outcome(
						'not-cloudlink',
						'The node talks without end and does not answer the upgrade.',
					),
				),
			);
		});
		const settle = () => {
			talk.stop();
			signal.removeEventListener('abort', onAbort);
			// A listener stays for what comes late.
			ws.on('error', () => undefined);
		};
		const fail = (reason: Error) => {
			settle();
			duplex.destroy();
			socket.destroy();
			reject(reason);
		};
		const hintOf = (response: IncomingMessage) =>
			parseHintHeaders(response.headers, request.runtime.clock.wallMs());
		const onAbort = () => {
			fail(signal.reason as Error);
		};
		signal.addEventListener('abort', onAbort, { once: true });

		ws.once('upgrade', (response) => {
			hint = hintOf(response);
		});
		// Whoever listens owns the response: the socket would stay open for ever.
		ws.once('unexpected-response', (_request, response) => {
			response.on('error', () => undefined);
			fail(
				new DialError(
					classifyStatus(response.statusCode ?? 0, hintOf(response)),
				),
			);
		});
		ws.once('error', (error) => {
			fail(new DialError(classifyUpgradeError(error)));
		});
		ws.once('open', () => {
			settle();
			guardConnection(socket, duplex, {
				limits: { ...DEFAULT_LIMITS, ...options.limits },
				clock: request.runtime.clock,
			});
			resolve(onOpen({ ws, duplex, hint }));
		});
	});
}

function bytesReadOf(socket: Duplex): number {
	return 'bytesRead' in socket ? Number(socket.bytesRead) : 0;
}

function clientFor(options: UpgradeOptions): WebSocket {
	const { socket, request, secure } = options;
	const { node, device } = request;
	if (!node || device.key === undefined) {
		throw new DialError(
			outcome('key-unavailable', 'There is no device key to dial with.'),
		);
	}
	const host = node.host.includes(':') ? `[${node.host}]` : node.host;
	const zeroMask = (options.mask ?? (secure ? 'zero' : 'random')) === 'zero';
	const url = `${secure ? 'wss' : 'ws'}://${host}:${node.port}${options.path ?? DEFAULT_PATH}`;
	return new WebSocket(url, SUBPROTOCOL, {
		createConnection: () => socket as never,
		headers: { authorization: authorization(device.uuid, device.key) },
		perMessageDeflate: false,
		followRedirects: false,
		maxPayload: LONGEST_MESSAGE_BYTES,
		skipUTF8Validation: true,
		closeTimeout: CLOSE_TIMEOUT_MS,
		maxFragments: MOST_FRAGMENTS,
		maxBufferedChunks: MOST_CHUNKS,
		maxHeaderSize: LONGEST_HEADERS_BYTES,
		autoPong: true,
		maxPendingAutoPongs: MOST_PENDING_PONGS,
		allowSynchronousEvents: true,
		...(zeroMask ? { generateMask: (key: Buffer) => key.fill(0) } : {}),
	} as ConstructorParameters<typeof WebSocket>[2]);
}
