import type { PacingEvent } from '../../pacing/types.js';
import type { Random } from '../../runtime/index.js';
import type { Pacer, Patience, Policy } from '../engine/policy.js';

/** What a peer's formula may look at. One object is reused for all turns: read it, do not keep it. */
export interface Turn {
	/** Failed attempts since the link was lost: 0 for the first wait after the loss of a stable link. */
	failures: number;
	/** The wait before this one, in seconds; 0 for the first. */
	lastSeconds: number;
	/** Since the link was lost. */
	elapsedSeconds: number;
	/** The Retry-After that came with the refusal, if one did. */
	retryAfterSeconds: number | undefined;
	random: Random;
}

export interface Peer {
	readonly name: string;
	readonly summary: string;
	readonly source: string;
	/** How long an attempt goes on in silence. @default 60, openvpn's `hand-window` */
	readonly patienceSeconds?: number;
	/** How long a TCP connect is waited for. @default patienceSeconds */
	readonly connectSeconds?: number;
	/** Seconds until the next attempt. */
	waitSeconds(turn: Turn): number;
}

/** A uniform number of seconds. */
export function between(random: Random, low: number, high: number): number {
	return low + random() * (high - low);
}

/** Turns a formula into a policy: counts failures and keeps the last wait of each device. */
export function peer(definition: Peer): Policy {
	const { name, summary, source } = definition;
	return {
		name,
		summary,
		source,
		pacer: (devices) => new PeerPacer(definition, devices),
	};
}

class PeerPacer implements Pacer {
	readonly #definition: Peer;
	readonly #patience: Patience;
	readonly #failures: Uint32Array;
	readonly #lastSeconds: Float64Array;
	readonly #lostAtMs: Float64Array;
	readonly #turn: Turn = {
		failures: 0,
		lastSeconds: 0,
		elapsedSeconds: 0,
		retryAfterSeconds: undefined,
		random: () => 0,
	};

	constructor(definition: Peer, devices: number) {
		this.#definition = definition;
		const seconds = definition.patienceSeconds ?? 60;
		this.#patience = {
			connectMs: (definition.connectSeconds ?? seconds) * 1000,
			answerMs: seconds * 1000,
			keptMs: 0,
		};
		this.#failures = new Uint32Array(devices);
		this.#lastSeconds = new Float64Array(devices);
		this.#lostAtMs = new Float64Array(devices);
	}

	tell(
		device: number,
		event: PacingEvent,
		nowMs: number,
		random: Random,
	): number | undefined {
		if (event.type !== 'ended') {
			return undefined;
		}
		const { kind, hint } = event.outcome;
		const turn = this.#turn;
		if (kind === 'lost' || kind === 'drained') {
			this.#lostAtMs[device] = nowMs;
			this.#failures[device] = 0;
			this.#lastSeconds[device] = 0;
		} else {
			this.#failures[device]! += 1;
		}
		turn.failures = this.#failures[device]!;
		turn.lastSeconds = this.#lastSeconds[device]!;
		turn.elapsedSeconds = (nowMs - this.#lostAtMs[device]!) / 1000;
		turn.retryAfterSeconds =
			hint?.retryAfterMs === undefined ? undefined : hint.retryAfterMs / 1000;
		turn.random = random;
		const seconds = this.#definition.waitSeconds(turn);
		this.#lastSeconds[device] = seconds;
		return seconds * 1000;
	}

	patience(): Patience {
		return this.#patience;
	}
}
