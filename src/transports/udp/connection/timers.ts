import type { Random } from '../../../runtime/index.js';
import type { Role } from '../wire/keys.js';
import {
	HANDSHAKE_TIMEOUT_MS,
	HELLO_TIMEOUT_MS,
	IDLE_TIMEOUT_MS,
	KEEPALIVE_MS,
	STALL_MS,
	STALL_PACKETS,
	WINDOW_PROBE_MS,
} from '../wire/limits.js';

export interface TimersOptions {
	readonly role: Role;
	readonly nowMs: number;
	readonly random: Random;
	/** @default IDLE_TIMEOUT_MS */
	readonly idleTimeoutMs?: number;
	/** The device shows life at a random time in this span after the last traffic. @default KEEPALIVE_MS */
	readonly keepaliveMs?: readonly [from: number, to: number];
}

/** How far the handshake has come: what time-out holds. */
export type Phase =
	/** A device that began with a token from last time, and has no answer yet. */
	'unanswered' | 'handshake' | 'confirmed';

/** When a connection dies, and when it shows life so as not to. */
export class Timers {
	readonly #startedMs: number;
	#lastHeardMs: number;
	#lastTrafficMs: number;
	/** Drawn anew for each PING, so that devices do not keep step. */
	#keepaliveMs: number;
	#stallAtMs = Infinity;
	/** Packets that asked for an ACK since a stall was last looked into. */
	#inARow = 0;
	#windowProbeAtMs = Infinity;

	readonly #options: TimersOptions;

	constructor(options: TimersOptions) {
		this.#options = options;
		this.#startedMs = options.nowMs;
		this.#lastHeardMs = options.nowMs;
		this.#lastTrafficMs = options.nowMs;
		this.#keepaliveMs = this.#drawKeepalive();
	}

	/** When something authentic came last. */
	get lastHeardMs(): number {
		return this.#lastHeardMs;
	}

	/** Something authentic came. */
	onHeard(nowMs: number): void {
		this.#lastHeardMs = nowMs;
	}

	/** It asked for an ACK. */
	onEliciting(nowMs: number): void {
		this.onTraffic(nowMs);
		this.#inARow++;
		this.#stallAtMs =
			this.#inARow >= STALL_PACKETS ? nowMs + STALL_MS : Infinity;
	}

	/** Something came or went that asks for an ACK. */
	onTraffic(nowMs: number): void {
		this.#lastTrafficMs = nowMs;
	}

	/** Whether bytes wait for the receiver's window alone: then it is asked now and then. */
	onBlocked(blocked: boolean, nowMs: number): void {
		if (!blocked) {
			this.#windowProbeAtMs = Infinity;
		} else if (this.#windowProbeAtMs === Infinity) {
			this.#windowProbeAtMs = nowMs + WINDOW_PROBE_MS;
		}
	}

	/** When the connection is dead, unless something comes. */
	endsAtMs(phase: Phase): number {
		switch (phase) {
			case 'unanswered':
				return this.#startedMs + HELLO_TIMEOUT_MS;
			case 'handshake':
				return this.#startedMs + HANDSHAKE_TIMEOUT_MS;
			case 'confirmed':
				return (
					this.#lastHeardMs + (this.#options.idleTimeoutMs ?? IDLE_TIMEOUT_MS)
				);
		}
	}

	deadlineMs(phase: Phase): number {
		return Math.min(
			this.endsAtMs(phase),
			this.#windowProbeAtMs,
			this.#showsLife(phase) ? this.#lifeDueMs : Infinity,
		);
	}

	/** Whether it is time for a PING. */
	pingIsDue(phase: Phase, nowMs: number): boolean {
		let due = nowMs >= this.#windowProbeAtMs;
		if (due) {
			this.#windowProbeAtMs = Infinity;
		}
		if (this.#showsLife(phase) && nowMs >= this.#lifeDueMs) {
			this.#lastTrafficMs = nowMs;
			this.#keepaliveMs = this.#drawKeepalive();
			this.#inARow = 0;
			this.#stallAtMs = Infinity;
			due = true;
		}
		return due;
	}

	/** Only the device pings, and only once the handshake is done. */
	#showsLife(phase: Phase): boolean {
		return this.#options.role === 'client' && phase === 'confirmed';
	}

	get #lifeDueMs(): number {
		return Math.min(this.#lastTrafficMs + this.#keepaliveMs, this.#stallAtMs);
	}

	#drawKeepalive(): number {
		const [from, to] = this.#options.keepaliveMs ?? KEEPALIVE_MS;
		return from + this.#options.random() * (to - from);
	}
}
