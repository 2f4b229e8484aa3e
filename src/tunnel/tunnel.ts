import {
	constants,
	performServerHandshake,
	type IncomingHttpHeaders,
	type ServerHttp2Session,
	type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Hint } from '../hint.js';
import type { Runtime, Timer } from '../runtime/index.js';
import type { Service } from '../transport.js';
import { parseHintJson } from './hint-json.js';
import { Heartbeat } from './heartbeat.js';
import { DEFAULT_LIMITS, type TunnelLimits } from './limits.js';
import { openService } from './open-service.js';
import type { SendPath } from './pump.js';
import { receiveHint } from './receive-hint.js';
import {
	CONNECTION_WINDOW_BYTES,
	FIRST_WINDOW_BYTES,
	highWater,
} from './receive-window.js';
import { refuse } from './refuse.js';
import { route } from './route.js';
import { RateLimit } from './token-bucket.js';
import type { TunnelEnd } from './tunnel-end.js';
import { WindowControl } from './window-control.js';

/** After the last stream, how long the node may take to close its side. */
const LINGER_MS = 1000;
/** How long a closing tunnel waits for the PING that tells that no stream is under way any more. */
const LAST_PING_MS = 1000;

/** A stream of bytes that counts them, as sockets do. */
export type Carrier = Duplex & {
	readonly bytesRead: number;
	readonly bytesWritten: number;
	/** Bytes that came on any layer of it, where it can tell. @default bytesRead */
	readonly bytesReceived?: number;
	/** Whether as much is on its way as the path drains in about a second; {@link onRoom} is called when it no longer is. */
	readonly congested?: boolean;
	/** How much one source should hand over at a time, in bytes. @default no bound */
	readonly piece?: number;
	onRoom?: () => void;
	/** Set while many streams are open, so that what one of them leaves unread does not hold on to the bytes of others. */
	crowded?: boolean;
};

/** From this many streams on the carrier is told that it is crowded. */
const CROWD = 64;

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
	readonly #windows: WindowControl;
	readonly #heartbeat: Heartbeat;
	readonly #opens: RateLimit;
	readonly #resets: RateLimit;
	readonly #streams = new Set<ServerHttp2Stream>();
	/** The services' sockets, each with what cuts it and its stream. */
	readonly #sockets = new Map<Socket, () => void>();
	readonly #path: SendPath;
	/** Services whose data waits for room on the way. */
	readonly #waiting = new Set<() => void>();
	readonly #handshakeTimer: Timer;
	#graceTimer: Timer | undefined;
	#lastPingTimer: Timer | undefined;

	#sawGoaway = false;
	#closing = false;
	#saidGoaway = false;
	#graceEndsAtMs = Infinity;
	#end: TunnelEnd | undefined;
	#carrierError: Error | undefined;
	#sessionError: Error | undefined;
	#settled!: (end: TunnelEnd) => void;

	constructor(carrier: Carrier, options: TunnelOptions) {
		const { clock } = options.runtime;
		this.#carrier = carrier;
		this.#options = options;
		this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
		this.#opens = new RateLimit(this.#limits.streamOpens, clock);
		this.#resets = new RateLimit(this.#limits.streamResets, clock);
		this.ended = new Promise((resolve) => (this.#settled = resolve));
		this.#path = {
			get congested() {
				return carrier.congested === true;
			},
			get piece() {
				return carrier.piece ?? Infinity;
			},
			onceRoom: (callback) => {
				this.#waiting.add(callback);
				return () => this.#waiting.delete(callback);
			},
		};
		carrier.onRoom = () => {
			const waiting = [...this.#waiting];
			this.#waiting.clear();
			for (const goOn of waiting) {
				goOn();
			}
		};

		// Every listener is there before the first byte is read: a request nobody hears would hang for ever.
		carrier.on('error', (error) => (this.#carrierError ??= error));
		carrier.once('close', () => {
			this.#finish({ why: 'carrier', error: this.#carrierError });
		});
		this.#session = performServerHandshake(carrier, {
			maxHeaderListPairs: this.#limits.maxHeaderPairs,
			settings: {
				enablePush: false,
				initialWindowSize: FIRST_WINDOW_BYTES,
				maxConcurrentStreams: this.#limits.maxStreams,
				maxFrameSize: this.#limits.maxFrameBytes,
				maxHeaderListSize: this.#limits.maxHeaderBytes,
			},
		});
		this.#windows = new WindowControl(
			this.#session,
			this.#streams,
			clock,
			this.#limits.maxBufferedBytes,
			() => {
				this.#breach('maxBufferedBytes');
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
		this.#session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
		this.#session.on('stream', this.#onStream);
		this.#session.on('goaway', this.#onGoaway);
		this.#session.on('error', (error) => {
			this.#sessionError ??= error;
			this.#finish({ why: 'session', error });
		});
		this.#session.once('close', () => {
			this.#finish({ why: 'carrier', error: this.#carrierError });
		});
		this.ready = new Promise((resolve) => {
			this.#session.once('remoteSettings', () => {
				this.#handshakeTimer.cancel();
				this.#heartbeat.start();
				resolve();
			});
		});
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
		const first = !this.#closing;
		this.#closing = true;
		this.#limitGrace(graceMs);
		if (first && !this.#end) {
			this.#goawayWhenSettled();
		}
		return this.ended;
	}

	/**
	 * GOAWAY refuses the streams that are still under way to us, so it goes out after a PING: its answer comes behind
	 * all that the node sent while it knew no better way. (RFC 9113, 6.8 has a first GOAWAY of 2^31-1 for this, which
	 * Node's library cannot send: it would ignore the streams that come after.)
	 */
	#goawayWhenSettled(): void {
		const goaway = () => {
			this.#lastPingTimer?.cancel();
			if (this.#saidGoaway || this.#end) {
				return;
			}
			this.#saidGoaway = true;
			this.#session.close();
			if (this.#streams.size === 0) {
				this.#limitGrace(LINGER_MS);
			}
		};
		const { clock } = this.#options.runtime;
		this.#lastPingTimer = clock.setTimer(LAST_PING_MS, goaway);
		const asked =
			!this.#session.destroyed &&
			this.#session.ping(() => {
				// The event of a stream comes a turn after its headers.
				process.nextTick(goaway);
			});
		if (!asked) {
			goaway();
		}
	}

	#limitGrace(graceMs: number): void {
		const { clock } = this.#options.runtime;
		const endsAtMs = clock.monotonicMs() + graceMs;
		if (endsAtMs >= this.#graceEndsAtMs) {
			return;
		}
		this.#graceEndsAtMs = endsAtMs;
		this.#graceTimer?.cancel();
		if (graceMs <= 0) {
			this.#finish({ why: 'closed' });
			return;
		}
		this.#graceTimer = clock.setTimer(graceMs, () => {
			this.#finish({ why: 'closed' });
		});
	}

	readonly #onStream = (
		stream: ServerHttp2Stream,
		headers: IncomingHttpHeaders,
	) => {
		stream.on('error', () => undefined);
		const { uuid, services, runtime, listener } = this.#options;
		if (!this.#opens.allows()) {
			this.#breach('streamOpens');
			return;
		}
		// The event comes a turn late: a stream may have been reset already, which is what a flood looks like.
		if (stream.aborted || stream.destroyed) {
			this.#countReset();
			return;
		}
		this.#streams.add(stream);
		stream.once('aborted', () => {
			const byUs = stream.destroyed;
			if (!byUs) {
				this.#countReset();
			}
		});
		stream.once('close', () => {
			this.#streams.delete(stream);
			this.#adjust();
			if (this.#saidGoaway && this.#streams.size === 0) {
				this.#limitGrace(LINGER_MS);
			}
		});
		this.#adjust();

		const asked = route(headers, uuid, services);
		if (asked.to === 'service') {
			const { socket, cut } = openService(
				stream,
				asked.service,
				runtime.clock,
				this.#limits.serviceConnectMs,
				() => highWater(this.#streams.size),
				this.#path,
			);
			this.#sockets.set(socket, cut);
			socket.once('close', () => {
				this.#sockets.delete(socket);
				this.#settleIfDone();
			});
		} else if (asked.to === 'hint') {
			receiveHint(stream, this.#limits, runtime.clock, (hint) => {
				listener.onHint(hint);
			});
		} else {
			refuse(
				stream,
				asked.status,
				asked.status === 405 ? { allow: 'CONNECT' } : {},
			);
		}
	};

	/**
	 * Counts the node's resets. Node 20 has no knob for their rate, and what its library does about a flood
	 * leaves a zombie.
	 */
	#adjust(): void {
		this.#carrier.crowded = this.#streams.size > CROWD;
		this.#windows.adjust();
	}

	#countReset(): void {
		if (!this.#end && !this.#resets.allows()) {
			this.#breach('streamResets');
		}
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

	#breach(limit: keyof TunnelLimits): void {
		this.#finish({ why: 'limit', limit });
	}

	/**
	 * The first reason wins. The teardown waits for the next turn, since the reason may have come from inside
	 * the library's reading of a frame. Session *and* carrier are destroyed: neither does it to the other when
	 * the peer is stalled, and on Node 20.12 a session may never say that it closed.
	 */
	#finish(end: TunnelEnd): void {
		if (this.#end) {
			return;
		}
		this.#end = this.#closing ? { why: 'closed' } : end;
		this.#handshakeTimer.cancel();
		this.#graceTimer?.cancel();
		this.#lastPingTimer?.cancel();
		this.#heartbeat.stop();
		this.#windows.stop();
		setImmediate(() => {
			for (const cut of this.#sockets.values()) {
				cut();
			}
			this.#session.destroy();
			this.#carrier.once('close', () => {
				this.#settleIfDone();
			});
			this.#carrier.destroy();
			this.#settleIfDone();
		});
	}

	#settleIfDone(): void {
		if (this.#end && this.#carrier.closed && this.#sockets.size === 0) {
			// A session that broke closes its carrier first, and says why after that.
			const broke = this.#end.why === 'carrier' && this.#sessionError;
			this.#settled(broke ? { why: 'session', error: broke } : this.#end);
		}
	}
}
