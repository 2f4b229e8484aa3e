/* eslint-disable no-bitwise -- flags of frames */
import type { Duplex } from 'node:stream';

import type { Clock } from '../../runtime/index.js';
import {
	Allowance,
	emptiness,
	FrameHeads,
	type FrameFormat,
	type TunnelLimits,
} from '../../tunnel/index.js';
import type { WebSocketDuplex } from './ws-duplex.js';

/** A frame of ours may be answered by two pieces (the stream's window and the connection's), */
const EARNED_BY_FRAME = 2;
/** and so may each KiB of it. */
const EARNED_BY_KIB = 2;

const FIRST_CONTROL_OPCODE = 8;

/** A frame's head (RFC 6455, 5.2). A server does not mask; where one does, `ws` ends the connection. */
const WEBSOCKET: FrameFormat = {
	leastHeadBytes: 2,
	headBytes: (bytes, at) => ({ 126: 4, 127: 10 })[bytes[at + 1]! & 0x7f] ?? 2,
	payloadBytes: (bytes, at) => {
		const length = bytes[at + 1]! & 0x7f;
		if (length === 126) {
			return bytes.readUInt16BE(at + 2);
		}
		return length === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : length;
	},
};

/**
 * Counts the pieces in which bytes come (TCP segments, TLS records) and WebSocket frames, as the tunnel's own guard counts
 * HTTP/2's, which is told of a breach: `ws` bounds how large they are, not how many.
 */
export function guardConnection(
	socket: Duplex,
	duplex: WebSocketDuplex,
	{ limits, clock }: { limits: TunnelLimits; clock: Clock },
): void {
	const pieces = new Allowance(limits.smallFrames, clock);
	const frames = new Allowance(limits.smallFrames, clock);
	const control = new Allowance(limits.controlFrames, clock);
	const expect = (holds: boolean, limit: keyof TunnelLimits) => {
		if (!holds) {
			socket.off('data', onData);
			duplex.guard?.breach(limit);
		}
		return holds;
	};
	const heads = new FrameHeads(WEBSOCKET, {
		onHead: (bytes, at) =>
			(bytes[at]! & 0x0f) < FIRST_CONTROL_OPCODE
				? expect(
						frames.spend(emptiness(WEBSOCKET.payloadBytes(bytes, at))),
						'smallFrames',
					)
				: expect(control.spend(1), 'controlFrames'),
	});
	const answers = answersTo(duplex);
	const onData = (chunk: Buffer) => {
		const earned = answers();
		pieces.earn(earned);
		frames.earn(earned);
		control.earn(earned);
		if (expect(pieces.spend(emptiness(chunk.length)), 'smallFrames')) {
			heads.read(chunk);
		}
	};
	// `prependListener` does not make a stream flow, and comes before `ws` reads the same bytes.
	socket.prependListener('data', onData);
}

/** How many frames of the node what we sent since the last call may bring about. */
function answersTo(duplex: WebSocketDuplex): () => number {
	let frames = 0;
	let bytes = 0;
	return () => {
		const earned =
			EARNED_BY_FRAME * (duplex.framesWritten - frames) +
			(EARNED_BY_KIB * (duplex.bytesWritten - bytes)) / 1024;
		frames = duplex.framesWritten;
		bytes = duplex.bytesWritten;
		return earned;
	};
}

/** Calls back when something comes after so many bytes: the piece that ends the talk may bring what follows as well. */
export function limitTalk(
	socket: Duplex,
	mostBytes: number,
	onTooMuch: () => void,
): { stop: () => void } {
	let left = mostBytes;
	const onData = (chunk: Buffer) => {
		if (left <= 0) {
			stop();
			onTooMuch();
		}
		left -= chunk.length;
	};
	const stop = () => socket.off('data', onData);
	socket.prependListener('data', onData);
	return { stop };
}
