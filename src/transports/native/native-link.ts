import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

import type { Hint } from '../../hint.js';
import { outcome, type Outcome } from '../../outcome.js';
import { wait, type Clock } from '../../runtime/index.js';
import type { Tunnel, TunnelListener } from '../../tunnel/index.js';
import type {
	Link,
	LinkListener,
	LinkSign,
	LinkStats,
	TransportName,
} from '../../transport.js';
import { classifyEnd, type CloseFrame } from './classify.js';
import { wayOf } from './uplink.js';

/** A link over another uplink than the system would take is left anyhow, so that it is not waited for long. */
const OTHER_WAY_MS = 2000;

/** Hints that wait for a listener; only the newest are kept. */
const MOST_WAITING_HINTS = 16;

/** What a node told before anybody listened. */
export class Mailbox implements TunnelListener {
	notice: Outcome | undefined;
	#listener: LinkListener | undefined;
	#hints: Hint[] = [];

	listen(listener: LinkListener): void {
		this.#listener = listener;
		for (const hint of this.#hints.splice(0)) {
			listener.onHint(hint);
		}
		if (this.notice) {
			listener.onDrain(this.notice);
		}
	}

	onHint(hint: Hint): void {
		if (this.#listener) {
			this.#listener.onHint(hint);
		} else {
			this.#hints = [...this.#hints, hint].slice(-MOST_WAITING_HINTS);
		}
		if (hint.drainDeadlineMs !== undefined) {
			this.#drain(
				outcome('drain-notice', 'The node asks to be left.', { hint }),
			);
		}
	}

	onGoaway(hint: Hint | undefined): void {
		if (this.notice && hint) {
			this.onHint(hint);
		}
		this.#drain(outcome('goaway', 'The node asks to be left.', { hint }));
	}

	/** The first notice counts: a second one says no more. */
	#drain(notice: Outcome): void {
		if (!this.notice) {
			this.notice = notice;
			this.#listener?.onDrain(notice);
		}
	}
}

export interface NativeLinkParts {
	readonly transport: TransportName;
	readonly node: string;
	readonly socket: Duplex;
	readonly ws: WebSocket;
	readonly tunnel: Tunnel;
	readonly mailbox: Mailbox;
	readonly clock: Clock;
	readonly stableAfterMs: number;
}

/** A tunnel over a WebSocket over a socket, as one link: it ends when all three have. */
export class NativeLink implements Link {
	readonly transport: TransportName;
	readonly node: string;
	readonly ended: Promise<Outcome>;
	readonly #parts: NativeLinkParts;
	readonly #sinceMs: number;
	#live = false;

	constructor(parts: NativeLinkParts) {
		this.#parts = parts;
		this.transport = parts.transport;
		this.node = parts.node;
		this.#sinceMs = parts.clock.monotonicMs();
		this.ended = this.#watch();
		void parts.tunnel.ready.then(() => {
			this.#live = true;
		});
	}

	listen(listener: LinkListener): void {
		this.#parts.mailbox.listen(listener);
	}

	stats(): LinkStats {
		const { tunnel } = this.#parts;
		return {
			ageMs: this.#ageMs(),
			roundTripMs: tunnel.roundTripMs,
			bytesIn: tunnel.bytesIn,
			bytesOut: tunnel.bytesOut,
			openStreams: tunnel.openStreams,
		};
	}

	async checkLiveness(deadlineMs: number): Promise<LinkSign> {
		const { tunnel, clock, socket } = this.#parts;
		const way = await wayOf(socket);
		if (way === 'gone') {
			return 'dead';
		}
		const withinMs =
			way === 'other' ? Math.min(deadlineMs, OTHER_WAY_MS) : deadlineMs;
		const over = new AbortController();
		let answered = false;
		tunnel.ask(() => {
			answered = true;
			over.abort();
		});
		void this.ended.then(() => {
			over.abort();
		});
		// Behind a full line the answer is late, but bytes go on coming; those of the first half may be old ones.
		const half = () => wait(clock, withinMs / 2, over.signal);
		let before = tunnel.bytesIn;
		const silent = await half()
			.then(() => {
				before = tunnel.bytesIn;
			})
			.then(half)
			.then(
				() => tunnel.bytesIn === before,
				() => !answered,
			);
		if (silent) {
			return 'dead';
		}
		return way === 'other' || (await wayOf(socket)) === 'other'
			? 'moved'
			: 'alive';
	}

	async close(graceMs: number): Promise<void> {
		await this.#parts.tunnel.close(graceMs);
		await this.ended;
	}

	#ageMs(): number {
		return this.#parts.clock.monotonicMs() - this.#sinceMs;
	}

	async #watch(): Promise<Outcome> {
		const { ws, socket, tunnel, mailbox, stableAfterMs } = this.#parts;
		let socketError: Error | undefined;
		socket.on('error', (error) => (socketError ??= error));
		const close = new Promise<CloseFrame>((resolve) => {
			ws.once('close', (code, reason) => {
				resolve({ code, reason: reason.toString('utf8') });
			});
		});
		const socketClosed = new Promise<void>((resolve) => {
			socket.once('close', () => {
				resolve();
			});
		});
		const end = await tunnel.ended;
		const facts = {
			end,
			notice: mailbox.notice,
			live: this.#live,
			stable: this.#ageMs() >= stableAfterMs,
		};
		socket.destroy();
		await socketClosed;
		return classifyEnd({ ...facts, close: await close, socketError });
	}
}
