import type { Http2Stream } from 'node:http2';
import type { Socket } from 'node:net';

import type { Clock, Timer } from '../runtime/index.js';
import { ServiceWriter } from './service-writer.js';

/**
 * A node's `stream.close(code)` sends END_STREAM first and RST_STREAM right after it. The FIN waits this long
 * for the reset that may follow, so that a reset seldom looks like an end.
 */
const FIN_DELAY_MS = 5;

/** The way to the node, as whoever has much to send sees it. */
export interface SendPath {
	/** Whether as much is on its way as is good: more has to wait. */
	readonly congested: boolean;
	/** How much to hand over at a time, in bytes. */
	readonly piece: number;
	/** Calls back once when there may be room again; the result takes that back. */
	onceRoom(callback: () => void): () => void;
}

const WIDE_OPEN: SendPath = {
	congested: false,
	piece: Infinity,
	onceRoom: () => () => undefined,
};

/**
 * Joins a stream and a service's socket as if they were one TCP connection: data with back-pressure, a
 * half-close in either direction, and a reset as a reset. `pipe` must not be used: when a session dies every
 * stream of it fires 'end', and the service would take a torn upload for a whole one.
 *
 * Returns what cuts both at once. Nothing of it is left when the socket has closed.
 */
export function join(
	stream: Http2Stream,
	socket: Socket,
	clock: Clock,
	highWaterBytes: () => number,
	path: SendPath = WIDE_OPEN,
): () => void {
	let fin: Timer | undefined;

	const endSocket = () => {
		fin = undefined;
		writer.end();
	};
	const writer = new ServiceWriter(socket);
	const cut = () => {
		fin?.cancel();
		fin = undefined;
		resetSocket(socket);
		stream.destroy();
	};

	stream.on('data', (chunk: Buffer) => {
		if (!socket.destroyed && writer.write(chunk) >= highWaterBytes()) {
			stream.pause();
		}
	});
	writer.onDrained = () => {
		stream.resume();
	};
	stream.on('end', () => {
		if (wasCut(stream) || stream.destroyed) {
			cut();
		} else {
			fin = clock.setTimer(FIN_DELAY_MS, endSocket);
		}
	});
	stream.on('aborted', cut);
	stream.on('close', () => {
		if (wasCut(stream) || !stream.readableEnded) {
			cut();
		}
	});

	forward(socket, stream, highWaterBytes, path);
	socket.on('end', () => {
		stream.end();
	});
	socket.on('error', (error) => {
		// An error, so that RST_STREAM goes out without END_STREAM before it.
		stream.destroy(error);
	});
	socket.on('close', () => {
		fin?.cancel();
		if (!socket.readableEnded) {
			stream.destroy(new Error('The service went away.'));
		}
	});
	return cut;
}

/**
 * Passes on what a service sends, in pieces that the way to the node takes in a moment: what waits in here can be
 * overtaken by PINGs and by other streams, what is on its way cannot.
 */
function forward(
	socket: Socket,
	stream: Http2Stream,
	highWaterBytes: () => number,
	path: SendPath,
): void {
	let rest: Buffer | undefined;
	let cancelWait: (() => void) | undefined;
	const goOn = () => {
		while (rest && !stream.destroyed) {
			if (path.congested) {
				cancelWait ??= path.onceRoom(() => {
					cancelWait = undefined;
					goOn();
				});
				return;
			}
			if (stream.writableLength >= Math.min(highWaterBytes(), path.piece)) {
				return;
			}
			const piece = rest.subarray(0, path.piece);
			rest =
				piece.length < rest.length ? rest.subarray(piece.length) : undefined;
			stream.write(piece, onWritten);
		}
		if (socket.isPaused() && stream.writableLength <= highWaterBytes() / 2) {
			socket.resume();
		}
	};
	const onWritten = () => {
		if (rest ?? socket.isPaused()) {
			goOn();
		}
	};
	socket.on('data', (chunk: Buffer) => {
		rest = rest ? Buffer.concat([rest, chunk]) : chunk;
		goOn();
		if (rest ?? stream.writableLength >= highWaterBytes()) {
			socket.pause();
		}
	});
	stream.once('close', () => {
		cancelWait?.();
	});
}

/** Whether the stream ended otherwise than by END_STREAM: a reset, or the death of its session. */
function wasCut(stream: Http2Stream): boolean {
	return stream.aborted || stream.rstCode !== 0;
}

/**
 * Resets a socket. One whose FIN is on its way cannot be reset any more (Node answers EINVAL and leaves it
 * open); it is closed, and the kernel resets it if the other side goes on sending.
 */
export function resetSocket(socket: Socket): void {
	const finIsOut = socket.writableEnded && socket.writableLength === 0;
	if (finIsOut || socket.connecting) {
		socket.destroy();
	} else if (!socket.destroyed) {
		socket.resetAndDestroy();
	}
}
