/* eslint-disable no-bitwise -- flags and masks of frames */
import type { Duplex } from 'node:stream';

import { SETTINGS, WINDOW_UPDATE } from './frames.js';

/** The longest head of a WebSocket frame, with its mask (RFC 6455, 5.2). */
const LONGEST_WS_HEAD_BYTES = 14;
const HEAD_BYTES = 9;
const INITIAL_WINDOW_SIZE = 4;

/**
 * What a device allows its node to send (RFC 9113, 5.2), read from the frames that it masks: an attack that keeps to it
 * gets further than one that breaks a rule.
 */
export class Credit {
	#initial = 65_535;
	#connection = 65_535;
	/** What was allowed beside the initial window, less what was sent. */
	readonly #streams = new Map<number, number>();
	#masked = Buffer.alloc(0);
	#plain = Buffer.alloc(0);
	readonly #onSettings: () => void;

	constructor(socket: Duplex, onSettings: () => void) {
		this.#onSettings = onSettings;
		socket.on('data', (chunk: Buffer) => {
			this.#masked = Buffer.concat([this.#masked, chunk]);
			this.#unmask();
			this.#read();
		});
	}

	get initial(): number {
		return this.#initial;
	}

	/** How many bytes of data the stream may be sent now. */
	of(stream: number): number {
		return Math.min(
			this.#connection,
			this.#initial + (this.#streams.get(stream) ?? 0),
		);
	}

	/** Whether all of this may be sent now, in bytes by stream. */
	covers(wanted: ReadonlyMap<number, number>): boolean {
		let total = 0;
		for (const [stream, bytes] of wanted) {
			total += bytes;
			if (this.of(stream) < bytes) {
				return false;
			}
		}
		return total <= this.#connection;
	}

	spend(wanted: ReadonlyMap<number, number>): void {
		for (const [stream, bytes] of wanted) {
			this.#connection -= bytes;
			this.#allow(stream, -bytes);
		}
	}

	#allow(stream: number, bytes: number): void {
		this.#streams.set(stream, (this.#streams.get(stream) ?? 0) + bytes);
	}

	#unmask(): void {
		while (this.#masked.length >= LONGEST_WS_HEAD_BYTES) {
			const { isData, from, length } = wsHead(this.#masked);
			if (this.#masked.length < from + length) {
				return;
			}
			const payload = this.#masked.subarray(from, from + length);
			const mask = this.#masked.subarray(from - 4, from);
			if (isData) {
				const plain = payload.map((byte, index) => byte ^ mask[index % 4]!);
				this.#plain = Buffer.concat([this.#plain, plain]);
			}
			this.#masked = this.#masked.subarray(from + length);
		}
	}

	#read(): void {
		while (this.#plain.length >= HEAD_BYTES) {
			const length = HEAD_BYTES + this.#plain.readUIntBE(0, 3);
			if (this.#plain.length < length) {
				return;
			}
			this.#onFrame(this.#plain.subarray(0, length));
			this.#plain = this.#plain.subarray(length);
		}
	}

	#onFrame(frame: Buffer): void {
		const stream = frame.readUInt32BE(5);
		if (frame[3] === WINDOW_UPDATE && stream === 0) {
			this.#connection += frame.readUInt32BE(HEAD_BYTES);
		} else if (frame[3] === WINDOW_UPDATE) {
			this.#allow(stream, frame.readUInt32BE(HEAD_BYTES));
		} else if (frame[3] === SETTINGS && frame[4] === 0) {
			for (let at = HEAD_BYTES; at < frame.length; at += 6) {
				if (frame.readUInt16BE(at) === INITIAL_WINDOW_SIZE) {
					this.#initial = frame.readUInt32BE(at + 2);
				}
			}
			this.#onSettings();
		}
	}
}

function wsHead(bytes: Buffer) {
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
