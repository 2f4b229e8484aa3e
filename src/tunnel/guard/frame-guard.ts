/* eslint-disable no-bitwise -- flags of frames */
import type { Clock } from '../../runtime/index.js';
import type { TunnelLimits } from '../limits.js';
import { FIRST_WINDOW_BYTES } from '../receive-window.js';
import { Allowance, emptiness } from './allowance.js';
import { FrameHeads } from './frame-heads.js';
import * as http2 from './http2-format.js';
import { SettingsDebt } from './settings-debt.js';
import { CHUNK_COST_BYTES, Unread } from './unread.js';

/** Beside what each allows by itself, a frame of ours that has to be answered allows one, */
const EARNED_BY_QUESTION = 1;
/** a DATA frame of ours so many WINDOW_UPDATEs (as Envoy's `max_inbound_window_update_frames_per_data_frame_sent`), */
const EARNED_BY_DATA = 10;
/** and a new stream its priority and its reset. */
const EARNED_BY_STREAM = 2;
/** When we reset a stream, so many control frames of it may be on their way, */
const EARNED_BY_OWN_RESET = 16;
/** and so many bytes of data: its window where it took data, and little where it was refused. */
const LATE_BYTES = FIRST_WINDOW_BYTES;
const LATE_BYTES_OF_REFUSED = 16 * 1024;
const MOST_LATE_BYTES = 64 * LATE_BYTES;
/** A frame of such data costs no less than this. */
const LEAST_LATE_BYTES = 1024;
/** Of the streams that a node may reset at once, this part may be cut at once because too much of them lies unread. */
const CUTS_PER_RESET = 1 / 8;
/** So does a request whose headers the library refuses. */
const COST_OF_BAD_HEADERS = 5;
/** And more than a window allows, which no HTTP/2 library sends. */
const COST_OF_OVERRUN = 50;
/**
 * A message is passed on in pieces of at most this. The library copies each piece (JSStreamSocket), and a slice of the copy
 * that stays keeps all of it in memory: so data that will have to wait is a piece of its own.
 */
const LONGEST_PIECE_BYTES = 64 * 1024;

export interface FrameGuardListener {
	/** The node broke a limit. */
	onBreach(limit: keyof TunnelLimits): void;
	/** We told the node an error of HTTP/2 (RFC 9113, 7). Node 20 says nothing of it, and reads no more. */
	onOwnGoaway(code: number): void;
}

/**
 * Sees every HTTP/2 frame before the library does, and counts. nginx, Envoy and Go's server have such budgets inside;
 * Node's library has some, other ones in each version, and leaves a dead session behind where they are broken.
 */
export class FrameGuard {
	readonly #limits: TunnelLimits;
	readonly #listener: FrameGuardListener;
	readonly #opens: Allowance;
	readonly #control: Allowance;
	readonly #small: Allowance;
	/** Streams that were cut because too much lay unread. */
	readonly #cuts: Allowance;
	/** Data for streams that are gone, in bytes. */
	readonly #late: Allowance;
	/** Short DATA of ours that earns: a node whose window is always a byte gets as many frames of us as it sends (CVE-2019-9511). */
	readonly #crumbs: Allowance;
	readonly #settings: SettingsDebt;
	readonly #incoming: FrameHeads;
	readonly #outgoing: FrameHeads;
	readonly unread: Unread;
	#newestStream = 0;
	#broken = false;

	/** The message that is being read, what of it was passed on, and whose data comes next in it. */
	#message: Buffer = Buffer.alloc(0);
	#passedOn = 0;
	#pieces: Buffer[] = [];
	/** Up to here it goes apart from what follows. */
	#apartTo = 0;
	#dataFor: number | undefined;

	constructor(
		limits: TunnelLimits,
		clock: Clock,
		listener: FrameGuardListener,
	) {
		this.#limits = limits;
		this.#listener = listener;
		this.#opens = new Allowance(limits.streamOpens, clock);
		this.#control = new Allowance(limits.controlFrames, clock);
		this.#small = new Allowance(limits.smallFrames, clock);
		this.#crumbs = new Allowance(limits.smallFrames, clock);
		const { perSecond, burst } = limits.streamResets;
		this.#cuts = new Allowance(
			{ perSecond, burst: burst * CUTS_PER_RESET },
			clock,
		);
		this.#late = new Allowance(limits.lateData, clock, MOST_LATE_BYTES);
		this.#settings = new SettingsDebt(limits.maxUnacknowledgedBytes);
		this.#incoming = new FrameHeads(
			http2.INCOMING,
			{
				onHead: (bytes, at) => this.#onHead(bytes, at),
				onPayload: (from, to) => {
					this.#onPayload(from, to);
				},
			},
			http2.PREFACE_BYTES,
		);
		this.#outgoing = new FrameHeads(http2.OUTGOING, {
			onHead: (bytes, at) => this.#onOwnHead(bytes, at),
		});
		this.unread = new Unread(limits.maxBufferedBytes, (heaviest) => {
			heaviest.destroy(new Error('Too much of it lies unread.'));
			this.#expect(this.#cuts.spend(1), 'maxBufferedBytes');
		});
	}

	/** What came, in the pieces in which HTTP/2 may see it; nothing of it once a limit was broken. */
	receive(bytes: Buffer): readonly Buffer[] {
		if (this.#broken) {
			return [];
		}
		this.#message = bytes;
		this.#passedOn = 0;
		this.#apartTo = 0;
		this.#pieces = [];
		this.#incoming.read(bytes);
		this.#passOn(this.#apartTo);
		this.#passOn(bytes.length);
		const pieces = this.#pieces;
		this.#pieces = [];
		return this.#broken ? [] : pieces;
	}

	send(bytes: Buffer): void {
		this.#outgoing.read(bytes);
	}

	breach(limit: keyof TunnelLimits): void {
		this.#expect(false, limit);
	}

	/** False, and a breach, when it did not hold. */
	#expect(holds: boolean, limit: keyof TunnelLimits): boolean {
		if (!holds && !this.#broken) {
			this.#broken = true;
			this.#listener.onBreach(limit);
		}
		return holds;
	}

	#onHead(bytes: Buffer, at: number): boolean {
		const type = http2.typeOf(bytes, at);
		this.#dataFor = undefined;
		if (type === http2.DATA) {
			return this.#onData(bytes, at);
		}
		if (type === http2.HEADERS) {
			return this.#onHeaders(bytes, at);
		}
		if (type === http2.SETTINGS && isAck(bytes, at)) {
			this.#settings.onAcknowledged();
		}
		return this.#expect(
			type !== http2.CONTINUATION && this.#control.spend(1),
			type === http2.CONTINUATION ? 'maxHeaderBytes' : 'controlFrames',
		);
	}

	/** Data for a stream that is gone may be on its way for a while; padding, inside TLS, is worth nothing. */
	#onData(bytes: Buffer, at: number): boolean {
		const stream = http2.streamOf(bytes, at);
		const length = http2.payloadLength(bytes, at);
		if (
			!this.#expect(this.#settings.allows(length), 'maxUnacknowledgedBytes')
		) {
			return false;
		}
		if (this.unread.isGone(stream)) {
			return this.#onLateData(Math.max(LEAST_LATE_BYTES, length));
		}
		this.#dataFor = stream;
		this.unread.onData(stream);
		const isPadded = (http2.flagsOf(bytes, at) & http2.PADDED) !== 0;
		const cost = emptiness(isPadded ? 0 : length);
		return cost === 0 || this.#expect(this.#small.spend(cost), 'smallFrames');
	}

	/** With what had come for a request before it was refused. */
	#onLateData(bytes: number): boolean {
		const cost = bytes + this.unread.takeRefused();
		return this.#expect(this.#late.spend(cost), 'lateData');
	}

	/**
	 * Headers come in one frame, which holds twice of what is allowed. A block that is begun and not ended is kept in
	 * memory by the library, and Node 20.12.0 aborts when its connection is cut then (CVE-2024-27983).
	 */
	#onHeaders(bytes: Buffer, at: number): boolean {
		const stream = http2.streamOf(bytes, at);
		if ((http2.flagsOf(bytes, at) & http2.END_HEADERS) === 0) {
			return this.#expect(false, 'maxHeaderBytes');
		}
		if (stream <= this.#newestStream) {
			return this.#expect(this.#control.spend(1), 'controlFrames');
		}
		this.#newestStream = stream;
		if (this.unread.hasRefused && !this.#onLateData(0)) {
			return false;
		}
		this.#control.earn(EARNED_BY_STREAM);
		return this.#expect(this.#opens.spend(1), 'streamOpens');
	}

	#onPayload(from: number, to: number): void {
		if (this.#dataFor === undefined) {
			return;
		}
		const bytes = to - from;
		if (this.unread.charge(this.#dataFor, bytes)) {
			this.#expect(
				this.unread.earlyStreams <= this.#limits.maxStreams,
				'maxStreams',
			);
			this.#passOnApart(from, to);
		} else {
			this.#passOn(this.#apartTo);
		}
	}

	/** A stream that never opened was refused by the library for its headers; an open one may have been sent more than its window. */
	#onOwnReset(stream: number, code: number): void {
		if (code === http2.FLOW_CONTROL_ERROR) {
			this.#expect(this.#control.spend(COST_OF_OVERRUN), 'controlFrames');
		} else if (this.unread.hasOpened(stream)) {
			this.#control.earn(EARNED_BY_OWN_RESET);
			this.#late.earn(
				this.unread.forgetsData(stream) ? LATE_BYTES : LATE_BYTES_OF_REFUSED,
			);
		} else {
			this.#expect(this.#control.spend(COST_OF_BAD_HEADERS), 'controlFrames');
		}
	}

	/** Data that will have to wait: small pieces go together, as large as what a chunk is charged. */
	#passOnApart(from: number, to: number): void {
		if (this.#apartTo <= this.#passedOn) {
			this.#passOn(from);
		} else if (to - this.#passedOn > CHUNK_COST_BYTES) {
			this.#passOn(this.#apartTo);
		}
		this.#apartTo = to;
	}

	#passOn(end: number): void {
		while (this.#passedOn < end) {
			const to = Math.min(end, this.#passedOn + LONGEST_PIECE_BYTES);
			this.#pieces.push(this.#message.subarray(this.#passedOn, to));
			this.#passedOn = to;
		}
	}

	#onOwnHead(bytes: Buffer, at: number): boolean {
		const type = http2.typeOf(bytes, at);
		if (type === http2.DATA) {
			if (this.#crumbs.spend(emptiness(http2.payloadLength(bytes, at)))) {
				this.#control.earn(EARNED_BY_DATA);
			}
		} else if (type === http2.RST_STREAM) {
			this.#onOwnReset(http2.streamOf(bytes, at), http2.errorCodeOf(bytes, at));
		} else if (
			(type === http2.PING || type === http2.SETTINGS) &&
			!isAck(bytes, at)
		) {
			this.#control.earn(EARNED_BY_QUESTION);
			if (type === http2.SETTINGS) {
				this.#settings.onSent();
			}
		} else if (type === http2.GOAWAY) {
			const code = http2.errorCodeOf(bytes, at);
			if (code !== 0) {
				this.#listener.onOwnGoaway(code);
			}
		}
		return true;
	}
}

const isAck = (bytes: Buffer, at: number): boolean =>
	(http2.flagsOf(bytes, at) & http2.ACK) !== 0;
