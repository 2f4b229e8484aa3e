/* eslint-disable no-bitwise -- flags and masks of frames */
import type { Duplex } from 'node:stream';

import { FrameHeads } from '../../src/tunnel/index.js';
import * as http2 from '../../src/tunnel/guard/http2-format.js';

/** The longest head of a WebSocket frame, with its mask (RFC 6455, 5.2). */
const LONGEST_HEAD_BYTES = 14;

/** Calls back for each SETTINGS that a device sends on its connection, in WebSocket frames that it masks. */
export function watchSettings(socket: Duplex, onSettings: () => void): void {
	const heads = new FrameHeads(http2.OUTGOING, {
		onHead: (bytes, at) => {
			const isAck = (http2.flagsOf(bytes, at) & http2.ACK) !== 0;
			if (http2.typeOf(bytes, at) === http2.SETTINGS && !isAck) {
				onSettings();
			}
			return true;
		},
	});
	let waiting = Buffer.alloc(0);
	socket.on('data', (chunk: Buffer) => {
		waiting = Buffer.concat([waiting, chunk]);
		while (waiting.length >= LONGEST_HEAD_BYTES) {
			const { isData, from, length } = readHead(waiting);
			if (waiting.length < from + length) {
				return;
			}
			if (isData) {
				heads.read(unmask(waiting, from, length));
			}
			waiting = waiting.subarray(from + length);
		}
	});
}

function readHead(bytes: Buffer) {
	const isData = (bytes[0]! & 0x0f) < 8;
	const short = bytes[1]! & 0x7f;
	if (short === 126) {
		return { isData, from: 8, length: bytes.readUInt16BE(2) };
	}
	if (short === 127) {
		return { isData, from: 14, length: Number(bytes.readBigUInt64BE(2)) };
	}
	return { isData, from: 6, length: short };
}

function unmask(bytes: Buffer, from: number, length: number): Buffer {
	return Buffer.from(
		bytes
			.subarray(from, from + length)
			.map((byte, index) => byte ^ bytes[from - 4 + (index % 4)]!),
	);
}
