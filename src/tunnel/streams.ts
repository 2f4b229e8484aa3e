import type {
	IncomingHttpHeaders,
	ServerHttp2Session,
	ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';

import type { Hint } from '../hint.js';
import type { Clock } from '../runtime/index.js';
import type { Service } from '../transport.js';
import type { Unread } from './guard/unread.js';
import type { TunnelLimits } from './limits.js';
import { openService } from './open-service.js';
import type { SendPath } from './pump.js';
import { receiveHint } from './receive-hint.js';
import { highWater } from './receive-window.js';
import { refuse } from './refuse.js';
import { route } from './route.js';
import { RateLimit } from './token-bucket.js';
import { WindowControl } from './window-control.js';

export interface StreamsOptions {
	readonly uuid: string;
	readonly services: readonly Service[];
	readonly limits: TunnelLimits;
	readonly clock: Clock;
	readonly path: SendPath;
	readonly unread: Unread;
	readonly onHint: (hint: Hint) => void;
	readonly onBreach: (limit: keyof TunnelLimits) => void;
	/** A stream or a service's socket has closed. */
	readonly onClosed: () => void;
}

/** The streams that a node has open, and what each of them asked for. */
export class Streams {
	readonly #options: StreamsOptions;
	readonly #open = new Set<ServerHttp2Stream>();
	/** The services' sockets, each with what cuts it and its stream. */
	readonly #sockets = new Map<Socket, () => void>();
	readonly #windows: WindowControl;
	readonly #resets: RateLimit;
	readonly #refusals: RateLimit;
	readonly #hints: RateLimit;

	constructor(session: ServerHttp2Session, options: StreamsOptions) {
		const { limits, clock } = options;
		this.#options = options;
		this.#resets = new RateLimit(limits.streamResets, clock);
		this.#refusals = new RateLimit(limits.refusals, clock);
		this.#hints = new RateLimit(limits.hints, clock);
		this.#windows = new WindowControl(session, this.#open);
	}

	get size(): number {
		return this.#open.size;
	}

	/** Sockets of services that have not closed. */
	get openSockets(): number {
		return this.#sockets.size;
	}

	/** Cuts every service's socket and its stream. */
	cut(): void {
		for (const cut of this.#sockets.values()) {
			cut();
		}
	}

	take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
		stream.on('error', () => undefined);
		this.#options.unread.add(stream);
		// The event comes a turn late: a stream may have been reset already, which is what a flood looks like.
		if (stream.aborted || stream.destroyed) {
			this.#options.unread.remove(stream);
			this.#countReset();
			return;
		}
		this.#open.add(stream);
		stream.once('aborted', () => {
			const byUs = stream.destroyed;
			if (!byUs) {
				this.#countReset();
			}
		});
		stream.once('close', () => {
			this.#open.delete(stream);
			this.#options.unread.remove(stream);
			this.#windows.adjust();
			this.#options.onClosed();
		});
		this.#windows.adjust();
		this.#serve(stream, headers);
	}

	#serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
		const { uuid, services, limits, clock, onHint, onBreach } = this.#options;
		const asked = route(headers, uuid, services);
		if (asked.to === 'service') {
			this.#connect(stream, asked.service);
		} else if (asked.to === 'hint') {
			if (this.#hints.allows()) {
				receiveHint(stream, limits, clock, onHint);
			} else {
				onBreach('hints');
			}
		} else if (this.#refusals.allows()) {
			this.#options.unread.refuse(stream);
			refuse(
				stream,
				asked.status,
				asked.status === 405 ? { allow: 'CONNECT' } : {},
			);
		} else {
			onBreach('refusals');
		}
	}

	#connect(stream: ServerHttp2Stream, service: Service): void {
		const { limits, clock, path } = this.#options;
		const { socket, cut } = openService(
			stream,
			service,
			clock,
			limits.serviceConnectMs,
			() => highWater(this.#open.size),
			path,
		);
		this.#sockets.set(socket, cut);
		this.#options.unread.include(stream, () => socket.writableLength);
		socket.once('close', () => {
			this.#sockets.delete(socket);
			this.#options.onClosed();
		});
	}

	/** Node 20 has no knob for the rate of resets, and what its library does about a flood leaves a zombie. */
	#countReset(): void {
		if (!this.#resets.allows()) {
			this.#options.onBreach('streamResets');
		}
	}
}
