/** Also what a new connection begins with would take eight seconds at 64 kbit/s. */
const FIRST_BYTES = 64 * 1024;
const LEAST_BYTES = 16 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;

/** What is under way is to be gone in about this time, or in two round trips where those take longer. */
const DRAIN_MS = 1000;

/** No frame is smaller than this for the window's sake: the bound is overdrawn rather. */
const LEAST_PIECE_BYTES = 4096;

/** A probe goes out after each quarter of the window. */
const PROBES_PER_WINDOW = 4;

interface Probe {
	readonly id: number;
	readonly atMs: number;
	/** Bytes that were sent before it. */
	readonly sent: number;
	/** What was confirmed when it went out, and when the probe that confirmed it had. */
	readonly confirmed: number;
	readonly confirmedAtMs: number;
	/** Whether the window has held anything up since the last one. */
	readonly limited: boolean;
}

/**
 * How many bytes may be on their way without a sign that they arrived. The kernel would take megabytes of them: on a line
 * of 64 kbit/s a PING then waits behind a minute of our own data, and a link that works looks dead. So probes go along
 * (WebSocket pings), and what their answers show to be drained in about a second is the bound.
 *
 * The rate is measured as BBR does it (draft-cardwell-iccrg-bbr-congestion-control, delivery rate estimation): what was
 * confirmed while a probe was under way, over the longer of the time to send it and the time to hear of it.
 */
export class SendWindow {
	#limit = FIRST_BYTES;
	#sent = 0;
	#confirmed = 0;
	#confirmedAtMs = 0;
	#probed = 0;
	#nextId = 0;
	#probes: Probe[] = [];
	#limited = false;
	#leastRoundTripMs = Infinity;

	/** The bound at present, in bytes. */
	get limit(): number {
		return this.#limit;
	}

	/** Whether anything was ever confirmed. */
	get works(): boolean {
		return this.#confirmed > 0;
	}

	/** How many bytes may be sent now; to be asked again after the next confirmation when it is 0. */
	room(): number {
		const left = this.#limit - (this.#sent - this.#confirmed);
		this.#limited ||= left <= 0;
		return left > 0 ? Math.max(left, LEAST_PIECE_BYTES) : 0;
	}

	/**
	 * How many bytes may go in one piece, so that probes are spread over the window. The first is small: its round trip is
	 * to show the way and not our own queue.
	 */
	get piece(): number {
		return this.#nextId === 0
			? LEAST_PIECE_BYTES
			: Math.max(
					LEAST_PIECE_BYTES,
					Math.floor(this.#limit / PROBES_PER_WINDOW),
				);
	}

	/** Bytes were sent. The result is the probe that has to follow them, if one does. */
	onSent(bytes: number, nowMs: number): number | undefined {
		if (this.#sent === 0) {
			this.#confirmedAtMs = nowMs;
		}
		// Whoever fills less than half of it is not held up by it.
		this.#limited &&= this.#sent - this.#confirmed > this.#limit / 2;
		this.#sent += bytes;
		return this.#sent - this.#probed < this.piece
			? undefined
			: this.#probe(nowMs);
	}

	/** There is no room. The result is the probe that has to go out, since nothing else would make any. */
	onFull(nowMs: number): number | undefined {
		return this.#probes.length === 0 ? this.#probe(nowMs) : undefined;
	}

	#probe(nowMs: number): number {
		this.#probed = this.#sent;
		this.#probes.push({
			id: this.#nextId,
			atMs: nowMs,
			sent: this.#sent,
			confirmed: this.#confirmed,
			confirmedAtMs: this.#confirmedAtMs,
			limited: this.#limited,
		});
		this.#limited = false;
		return this.#nextId++;
	}

	/** A probe was answered; one answer may stand for those before it (RFC 6455, 5.5.3). Unknown ones say nothing. */
	onAnswer(id: number, nowMs: number): void {
		const index = this.#probes.findIndex((sent) => sent.id === id);
		const probe = this.#probes[index];
		if (!probe) {
			return;
		}
		const limited = this.#probes
			.splice(0, index + 1)
			.some((passed) => passed.limited);
		const roundTripMs = Math.max(1, nowMs - probe.atMs);
		this.#leastRoundTripMs = Math.min(this.#leastRoundTripMs, roundTripMs);
		const tookMs = Math.max(roundTripMs, probe.atMs - probe.confirmedAtMs);
		const bytesPerMs = (probe.sent - probe.confirmed) / tookMs;
		this.#confirmed = probe.sent;
		this.#confirmedAtMs = probe.atMs;
		const wanted = Math.min(
			Math.max(
				LEAST_BYTES,
				bytesPerMs * Math.max(DRAIN_MS, 2 * this.#leastRoundTripMs),
			),
			MOST_BYTES,
		);
		// Who sends little does not show what the path can do.
		if (wanted > this.#limit || limited) {
			this.#limit = wanted;
		}
	}
}
