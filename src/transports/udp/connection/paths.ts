import { isSame, type Address } from '../wire/address.js';
import type { ControlFrame } from '../wire/frames.js';
import { pathFrame } from '../wire/encode-frames.js';
import {
	AMPLIFICATION_LIMIT,
	CHALLENGE_BYTES,
	MAX_CANDIDATE_PATHS,
} from '../wire/limits.js';

/** How often a new address is asked before it is forgotten. */
const MOST_CHALLENGES = 3;

interface Candidate {
	readonly at: Address;
	readonly challenge: Buffer;
	receivedBytes: number;
	sentBytes: number;
	asked: number;
	dueMs: number;
}

/**
 * Where the other end is, and where it may have moved. A new address takes over only once it has answered a
 * challenge; until then all data go the old way. RFC 9000, section 9, with a stricter rule: while the old
 * address still answers, nobody moved, and a copy that raced the original from elsewhere changes nothing.
 */
export class Paths {
	#candidates: Candidate[] = [];
	/** Asked of the active address while candidates exist. */
	#activeChallenge: Buffer | undefined;
	readonly #answers: Array<{ to: Address; frame: ControlFrame }> = [];
	#askActive = false;

	#active: Address;
	readonly #randomBytes: (bytes: number) => Buffer;

	constructor(active: Address, randomBytes: (bytes: number) => Buffer) {
		this.#active = active;
		this.#randomBytes = randomBytes;
	}

	/** Where data go. */
	get active(): Address {
		return this.#active;
	}

	/** An authentic datagram came; `newest` when no packet had a larger number. */
	onAuthentic(
		from: Address,
		bytes: number,
		newest: boolean,
		nowMs: number,
	): void {
		if (from === this.#active || isSame(from, this.#active)) {
			return;
		}
		const known = this.#candidates.find(({ at }) => isSame(at, from));
		if (known) {
			known.receivedBytes += bytes;
		} else if (newest) {
			this.#consider(from, bytes, nowMs);
		}
	}

	#consider(from: Address, bytes: number, nowMs: number): void {
		if (this.#candidates.length === MAX_CANDIDATE_PATHS) {
			this.#candidates.shift();
		}
		this.#candidates.push({
			at: from,
			challenge: this.#randomBytes(CHALLENGE_BYTES),
			receivedBytes: bytes,
			sentBytes: 0,
			asked: 0,
			dueMs: nowMs,
		});
		this.#activeChallenge = this.#randomBytes(CHALLENGE_BYTES);
		this.#askActive = true;
	}

	/** The other end asks whether we hear it at that address. */
	onChallenge(data: Buffer, from: Address): void {
		if (this.#answers.length < MAX_CANDIDATE_PATHS) {
			this.#answers.push({ to: from, frame: pathFrame('path-response', data) });
		}
	}

	/** Returns the address that was left, if this answer moved the connection. */
	onResponse(data: Buffer, from: Address): Address | undefined {
		if (isSame(from, this.#active)) {
			if (this.#activeChallenge?.equals(data)) {
				this.#settle();
			}
			return undefined;
		}
		const moved = this.#candidates.find(
			({ at, challenge }) => isSame(at, from) && challenge.equals(data),
		);
		if (!moved) {
			return undefined;
		}
		const left = this.#active;
		this.#active = moved.at;
		this.#settle();
		return left;
	}

	#settle(): void {
		this.#candidates = [];
		this.#activeChallenge = undefined;
		this.#askActive = false;
	}

	/**
	 * The next frame that has to go to one address in particular, and the largest datagram that may carry it.
	 * A challenge is asked again after `againMs`.
	 */
	next(
		nowMs: number,
		againMs: number,
	): { to: Address; frame: ControlFrame } | undefined {
		const answer = this.#answers.shift();
		if (answer) {
			return answer;
		}
		if (this.#askActive && this.#activeChallenge) {
			this.#askActive = false;
			const frame = pathFrame('path-challenge', this.#activeChallenge);
			return { to: this.#active, frame };
		}
		for (const candidate of this.#candidates) {
			if (candidate.dueMs > nowMs) {
				continue;
			}
			if (candidate.asked === MOST_CHALLENGES) {
				this.#candidates = this.#candidates.filter((one) => one !== candidate);
				return this.next(nowMs, againMs);
			}
			candidate.asked++;
			candidate.dueMs = nowMs + againMs * 2 ** (candidate.asked - 1);
			const frame = pathFrame('path-challenge', candidate.challenge);
			return { to: candidate.at, frame };
		}
		return undefined;
	}

	/** Whether a datagram may go to that address, which it then is charged to. */
	allow(to: Address, bytes: number): boolean {
		if (isSame(to, this.#active)) {
			return true;
		}
		const candidate = this.#candidates.find(({ at }) => isSame(at, to));
		const limit = AMPLIFICATION_LIMIT * (candidate?.receivedBytes ?? 0);
		if (!candidate || candidate.sentBytes + bytes > limit) {
			return false;
		}
		candidate.sentBytes += bytes;
		return true;
	}

	get deadlineMs(): number {
		if (this.#answers.length > 0 || this.#askActive) {
			return 0;
		}
		let dueMs = Infinity;
		for (const candidate of this.#candidates) {
			dueMs = Math.min(dueMs, candidate.dueMs);
		}
		return dueMs;
	}
}
