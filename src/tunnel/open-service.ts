import { connect, type Socket } from 'node:net';
import type { ServerHttp2Stream } from 'node:http2';

import type { Clock } from '../runtime/index.js';
import type { Service } from '../transport.js';
import { join, resetSocket, type SendPath } from './pump.js';
import { refuse } from './refuse.js';

/**
 * Connects a stream to a service of the device: 200 once the service has accepted, 502 if it refused, 504 if it
 * took too long. Returns the socket, and what cuts both at any time.
 */
export function openService(
	stream: ServerHttp2Stream,
	service: Service,
	clock: Clock,
	timeoutMs: number,
	highWaterBytes: () => number,
	path: SendPath,
): { socket: Socket; cut: () => void } {
	const socket = connectTo(service, highWaterBytes());
	let cut = () => {
		resetSocket(socket);
		stream.destroy();
	};
	const timer = clock.setTimer(timeoutMs, () => {
		settle();
		socket.destroy();
		refuse(stream, 504);
	});
	const settle = () => {
		timer.cancel();
		socket.off('error', onRefused);
		stream.off('close', onGone);
	};
	const onRefused = () => {
		settle();
		refuse(stream, 502);
	};
	const onGone = () => {
		settle();
		socket.destroy();
	};
	socket.once('error', onRefused);
	// What a socket may still say after it was given up.
	socket.on('error', () => undefined);
	stream.once('close', onGone);
	socket.once('connect', () => {
		settle();
		if (stream.destroyed || stream.aborted) {
			cut();
			return;
		}
		cut = join(stream, socket, clock, highWaterBytes, path);
		stream.respond({ ':status': 200 });
	});
	return {
		socket,
		cut: () => {
			settle();
			cut();
		},
	};
}

const LONGEST_READ_BYTES = 64 * 1024;

let shared: Buffer | undefined;

/**
 * What a socket reads into. All share one buffer, since a read ends in the turn in which it begins; on Windows the system
 * holds the buffer of each socket meanwhile.
 */
function readBuffer(bytes: number): Buffer {
	if (process.platform === 'win32') {
		return Buffer.allocUnsafe(bytes);
	}
	shared ??= Buffer.allocUnsafeSlow(LONGEST_READ_BYTES);
	return shared.subarray(0, bytes);
}

/**
 * Reads into a buffer of our own and copies what came. An ordinary socket reads 64 KiB at a time, and once more
 * after it was paused: with a thousand streams whose node does not read, that is 128 MB.
 */
function connectTo({ host, port }: Service, highWaterBytes: number): Socket {
	const buffer = readBuffer(Math.min(LONGEST_READ_BYTES, highWaterBytes));
	const socket: Socket = connect({
		host: host ?? '127.0.0.1',
		port,
		allowHalfOpen: true,
		noDelay: true,
		onread: {
			buffer,
			callback: (bytes) => {
				socket.emit('data', Buffer.from(buffer.subarray(0, bytes)));
				return !socket.isPaused();
			},
		},
	});
	return socket;
}
