import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

import { DialError, outcome, type Outcome } from '../../outcome.js';
import type { Runtime, Timer } from '../../runtime/index.js';

import {
	SESSION_ID_BYTES,
	firstPacket,
	framed,
	hardReset,
	isAnswer,
} from './hard-reset.js';

/** A datagram may be lost: it is sent again after this, and so on until the deadline. */
const SEND_AGAIN_MS = 1000;

export interface ProbeOptions {
	readonly protocol: 'tcp' | 'udp';
	readonly address: string;
	readonly port: number;
	/** For messages. */
	readonly node: string;
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
	readonly runtime: Runtime;
}

/** One exchange under way: reports its end once, and is cut by `close`. */
interface Exchange {
	close(): void;
}

type Report = (failure?: Outcome) => void;

/**
 * Asks whether an OpenVPN server answers over this protocol, by the first packet of its handshake and
 * nothing more. A server that answers keeps next to nothing, and forgets it.
 */
export function probe(options: ProbeOptions): Promise<void> {
	const { protocol, signal, runtime, deadlineMs, node } = options;
	return new Promise((resolve, reject) => {
		signal.throwIfAborted();
		const finish = (settle: () => void) => {
			deadline.cancel();
			signal.removeEventListener('abort', onAbort);
			exchange.close();
			settle();
		};
		const onAbort = () => {
			finish(() => {
				reject(signal.reason as Error);
			});
		};
		const report: Report = (failure) => {
			finish(() => {
				if (failure) {
					reject(new DialError(failure));
				} else {
					resolve();
				}
			});
		};
		const deadline = runtime.clock.setTimer(deadlineMs, () => {
			report(
				protocol === 'udp'
					? outcome('udp-blocked', `${node} did not answer over UDP`)
					: outcome('connect-timeout', `${node} did not answer over TCP`),
			);
		});
		signal.addEventListener('abort', onAbort, { once: true });
		const exchange =
			protocol === 'udp'
				? askOverUdp(options, report)
				: askOverTcp(options, report);
	});
}

function newSessionId({ random }: Runtime): Uint8Array {
	return Uint8Array.from({ length: SESSION_ID_BYTES }, () =>
		Math.floor(random() * 256),
	);
}

function askOverUdp(options: ProbeOptions, report: Report): Exchange {
	const { address, port, node, runtime } = options;
	const sessionId = newSessionId(runtime);
	const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
	let again: Timer | undefined;
	let closed = false;
	const send = () => {
		if (!closed) {
			socket.send(hardReset(sessionId));
			again = runtime.clock.setTimer(SEND_AGAIN_MS, send);
		}
	};
	const onError = (cause: NodeJS.ErrnoException) => {
		if (!closed) {
			report(failed(node, cause));
		}
	};
	socket.on('error', onError);
	socket.on('message', (packet) => {
		if (!closed && isAnswer(packet, sessionId)) {
			report();
		}
	});
	// Connected, so that only this peer is heard, and so is the refusal of a closed port.
	socket.connect(port, address, send);
	return {
		close: () => {
			if (!closed) {
				closed = true;
				again?.cancel();
				socket.close();
			}
		},
	};
}

function askOverTcp(options: ProbeOptions, report: Report): Exchange {
	const { address, port, node, runtime } = options;
	const sessionId = newSessionId(runtime);
	const socket = connect(port, address);
	let received = Buffer.alloc(0);
	socket.on('connect', () => {
		socket.write(framed(hardReset(sessionId)));
	});
	socket.on('data', (chunk) => {
		received = Buffer.concat([received, chunk]);
		const packet = firstPacket(received);
		if (packet === undefined) {
			return;
		}
		if (packet !== 'malformed' && isAnswer(packet, sessionId)) {
			report();
		} else {
			report(
				outcome(
					'not-cloudlink',
					`${node}: what answered is not an OpenVPN server`,
				),
			);
		}
	});
	socket.on('error', (cause: NodeJS.ErrnoException) => {
		report(failed(node, cause));
	});
	socket.on('end', () => {
		report(outcome('early-reset', `${node} cut the connection`));
	});
	return { close: () => socket.destroy() };
}

function failed(node: string, cause: NodeJS.ErrnoException): Outcome {
	const message = `${node}: ${cause.message}`;
	switch (cause.code) {
		case 'ECONNREFUSED':
			return outcome('connect-refused', message, { cause });
		case 'ECONNRESET':
		case 'EPIPE':
			return outcome('early-reset', message, { cause });
		case 'ETIMEDOUT':
			return outcome('connect-timeout', message, { cause });
		case 'ENETUNREACH':
		case 'EHOSTUNREACH':
			return outcome('no-route', message, { cause });
		default:
			return outcome('transport-failed', message, { cause });
	}
}
