import {
	constants,
	performServerHandshake,
	type ServerHttp2Session,
} from 'node:http2';

import type { Hint } from '../hint.js';
import type { Runtime, Timer } from '../runtime/index.js';
import type { Service } from '../transport.js';
import { sendPathOf, type Carrier } from './carrier.js';
import { Farewell } from './farewell.js';
import { FrameGuard } from './guard/frame-guard.js';
import { parseHintJson } from './hint-json.js';
import { Heartbeat } from './heartbeat.js';
import { DEFAULT_LIMITS, type TunnelLimits } from './limits.js';
import {
	CONNECTION_WINDOW_BYTES,
	FIRST_WINDOW_BYTES,
} from './receive-window.js';
import { Streams } from './streams.js';
import { moreTelling, ownGoaway, type TunnelEnd } from './tunnel-end.js';

export interface TunnelListener {
	onHint(hint: Hint): void;
	/** GOAWAY NO_ERROR: running streams may finish, there will be no new ones, and then the tunnel ends. */
	onGoaway(hint: Hint | undefined): void;
}

export interface TunnelOptions {
	readonly uuid: string;
	readonly services: readonly Service[];
	/** A node that was not heard for this long is lost. */
	readonly livenessMs: number;
	/** The carrier asks a quiet node for a sign of life by itself, so that PINGs need not. @default false */
	readonly carrierAsks?: boolean;
	readonly runtime: Runtime;
	readonly listener: TunnelListener;
	readonly limits?: Partial<TunnelLimits>;
}

/** Serves the device's services to the node at the other end of a carrier, as HTTP/2 in reverse. */
export function serveTunnel(carrier: Carrier, options: TunnelOptions): Tunnel {
	return new Tunnel(carrier, options);
}

/** One reversed HTTP/2 session. Its end is the end of its carrier and of every service's socket. */
export class Tunnel {
	/** Resolves when the node's SETTINGS have arrived; never, if the tunnel ends before. */
	readonly ready: Promise<void>;
	/** Resolves, never rejects, when nothing of the tunnel is left. */
	readonly ended: Promise<TunnelEnd>;

	readonly #carrier: Carrier;
	readonly #options: TunnelOptions;
	readonly #limits: TunnelLimits;
	readonly #session: ServerHttp2Session;
	readonly #streams: Streams;
	readonly #heartbeat: Heartbeat;
	readonly #farewell: Farewell;
	readonly #handshakeTimer: Timer;

	#sawGoaway = false;
	#end: TunnelEnd | undefined;
	#carrierError: Error | undefined;
	#sessionError: Error | undefined;
	#settled!: (end: TunnelEnd) => void;

	constructor(carrier: Carrier, options: TunnelOptions) {
		const { clock } = options.runtime;
		this.#carrier = carrier;
		this.#options = options;
		this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
		this.ended = new Promise((resolve) => (this.#settled = resolve));
		const onBreach = (limit: keyof TunnelLimits) => {
			this.#finish({ why: 'limit', limit });
		};
		const guard = new FrameGuard(this.#limits, clock, {
			onBreach,
			onOwnGoaway: (code) => {
				this.#finish(ownGoaway(code));
			},
		});
		carrier.guard = guard;

		// Every listener is there before the first byte is read: a request nobody hears would hang for ever.
		carrier.on('error', (error) => (this.#carrierError ??= error));
		carrier.once('close', () => {
			this.#finish({ why: 'carrier', error: this.#carrierError });
		});
		this.#session = this.#openSession();
		this.#streams = new Streams(this.#session, {
			...options,
			limits: this.#limits,
			clock,
			path: sendPathOf(carrier),
			unread: guard.unread,
			onHint: (hint) => {
				options.listener.onHint(hint);
			},
			onBreach,
			onClosed: () => {
				this.#farewell.onStreamClosed();
				this.#settleIfDone();
			},
		});
		this.#farewell = new Farewell(
			this.#session,
			clock,
			() => this.#streams.size,
			() => {
				this.#finish({ why: 'closed' });
			},
		);
		this.#heartbeat = new Heartbeat(
			this.#session,
			() => carrier.bytesReceived ?? carrier.bytesRead,
			clock,
			options.livenessMs,
			() => {
				this.#finish({ why: 'silent', openStreams: this.#streams.size });
			},
			options.carrierAsks,
		);
		this.#handshakeTimer = clock.setTimer(this.#limits.handshakeMs, () => {
			this.#finish({ why: 'handshake' });
		});
		this.ready = new Promise((resolve) => {
			this.#session.once('remoteSettings', () => {
				this.#handshakeTimer.cancel();
				this.#heartbeat.start();
				resolve();
			});
		});
	}

	#openSession(): ServerHttp2Session {
		const session = performServerHandshake(this.#carrier, {
			maxHeaderListPairs: this.#limits.maxHeaderPairs,
			settings: {
				enablePush: false,
				initialWindowSize: FIRST_WINDOW_BYTES,
				maxConcurrentStreams: this.#limits.maxStreams,
				maxFrameSize: this.#limits.maxFrameBytes,
				maxHeaderListSize: this.#limits.maxHeaderBytes,
			},
		});
		session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
		session.on('stream', (stream, headers) => {
			this.#streams.take(stream, headers);
		});
		session.on('goaway', this.#onGoaway);
		session.on('error', (error) => {
			this.#sessionError ??= error;
			this.#finish({ why: 'session', error });
		});
		session.once('close', () => {
			this.#finish({ why: 'carrier', error: this.#carrierError });
		});
		return session;
	}

	get bytesIn(): number {
		return this.#carrier.bytesRead;
	}

	get bytesOut(): number {
		return this.#carrier.bytesWritten;
	}

	get roundTripMs(): number | undefined {
		return this.#heartbeat.roundTripMs;
	}

	get openStreams(): number {
		return this.#streams.size;
	}

	/** Asks the node for a sign of life now; calls back when it answers. */
	ask(onAnswer: () => void): void {
		this.#heartbeat.ask(onAnswer);
	}

	/**
	 * Takes no stream that the node opens after it heard of the end, lets running ones finish for `graceMs`, then cuts
	 * everything. Resolves as `ended` does. A second call may shorten the grace, never lengthen it.
	 */
	close(graceMs: number): Promise<TunnelEnd> {
		this.#farewell.begin(graceMs);
		return this.ended;
	}

	/** The event may come twice; the first one has the data. */
	readonly #onGoaway = (code: number, _last: number, data?: Uint8Array) => {
		const hint =
			data && data.length <= this.#limits.maxHintBytes
				? parseHintJson(Buffer.from(data).toString('utf8'))
				: undefined;
		if (code !== constants.NGHTTP2_NO_ERROR) {
			this.#finish({ why: 'goaway', code, hint });
		} else if (!this.#sawGoaway) {
			this.#sawGoaway = true;
			// The library takes no new stream from here on, and ends the session after the last running one.
			this.#options.listener.onGoaway(hint);
		}
	};

	/**
	 * The first reason wins. The teardown waits for the next turn, since the reason may have come from inside
	 * the library's reading of a frame. Session *and* carrier are destroyed: neither does it to the other when
	 * the peer is stalled, and on Node 20.12 a session may never say that it closed.
	 */
	#finish(end: TunnelEnd): void {
		if (this.#end) {
			return;
		}
		this.#end = this.#farewell.began ? { why: 'closed' } : end;
		this.#handshakeTimer.cancel();
		this.#farewell.stop();
		this.#heartbeat.stop();
		setImmediate(() => {
			this.#streams.cut();
			this.#session.destroy();
			this.#carrier.once('close', () => {
				this.#settleIfDone();
			});
			this.#carrier.destroy();
			this.#settleIfDone();
		});
	}

	#settleIfDone(): void {
		if (this.#end && this.#carrier.closed && this.#streams.openSockets === 0) {
			this.#settled(moreTelling(this.#end, this.#sessionError));
		}
	}
}
