import type { Clock, Timer } from '../../runtime/index.js';

/** Openvpn is asked to tell its byte counts at least this often: each line wakes this process. */
const LONGEST_REPORT_SECONDS = 5;

/** And while somebody waits for a sign of life. */
export const ASKED_REPORT_SECONDS = 1;

/**
 * Said before openvpn dials: an openvpn 2.6 that is told only later sleeps on until one of its other timers, a minute away. A
 * change from one interval to another waits for the end of the old one.
 */
export const FIRST_REPORTS = `bytecount ${ASKED_REPORT_SECONDS}`;

/** A link is looked at this often within the time after which it counts as lost. */
const REPORTS_BEFORE_LOST = 12;

/**
 * For so long a node is quiet at most that pings as is usual (`keepalive 10 60`; open-balena-vpn). A link that was busy all the
 * time does not show it. With a short liveness it has to ping more often anyway.
 */
const USUAL_QUIET_MS = 10_000;
const QUIET_SHARE = 1 / 4;

/** So often must something have come before it is known how long the node is quiet. */
const GROWTHS_TO_JUDGE = 4;

/** A timer that fires later than this says that we ourselves stood still. */
const LATE_MS = 1000;

/** How often openvpn is to tell its byte counts, so that silence is seen in time. */
export function reportSeconds(livenessMs: number): number {
	const share = Math.round(livenessMs / 1000 / REPORTS_BEFORE_LOST);
	return Math.max(1, Math.min(LONGEST_REPORT_SECONDS, share));
}

/**
 * Tells when nothing has come from the node for too long. Openvpn's own `ping-restart` cannot be left in charge of
 * that: it runs from the first packet on, so it would also cut short the wait for a node that queues.
 */
export class SilenceWatch {
	readonly #boundMs: number;
	readonly #reportMs: number;
	readonly #usualQuietMs: number;
	#timer: Timer;
	#bytesIn = 0;
	/** Reports with more in them than before; the first one tells of the handshake. */
	#growths = 0;
	#heardAtMs: number;
	#dueMs: number;
	/** The longest that the node was quiet between two reports with more in them. */
	#longestGapMs = 0;
	readonly #waiting = new Set<() => void>();

	readonly #clock: Clock;
	readonly #onSilent: (wasHeard: boolean) => void;

	constructor(
		clock: Clock,
		livenessMs: number,
		/** @param wasHeard whether anything came after the connect at all */
		onSilent: (wasHeard: boolean) => void,
	) {
		this.#clock = clock;
		this.#onSilent = onSilent;

		this.#reportMs = 1000 * reportSeconds(livenessMs);
		// What came last may have been told a report late.
		this.#boundMs = Math.max(0.9 * livenessMs, livenessMs - this.#reportMs);
		this.#usualQuietMs = Math.min(USUAL_QUIET_MS, QUIET_SHARE * livenessMs);
		this.#heardAtMs = clock.monotonicMs();
		this.#dueMs = this.#heardAtMs + this.#boundMs;
		this.#timer = clock.setTimer(this.#boundMs, this.#look);
	}

	/** Takes a report of how many bytes have come so far. */
	report(bytesIn: number): void {
		if (bytesIn !== this.#bytesIn) {
			this.#bytesIn = bytesIn;
			this.#growths++;
			const nowMs = this.#clock.monotonicMs();
			// The first tells of the handshake, which was over before; openvpn may tell it ten seconds later.
			if (this.wasHeard) {
				this.#longestGapMs = Math.max(
					this.#longestGapMs,
					nowMs - this.#heardAtMs,
				);
				this.#heardAtMs = nowMs;
			}
			for (const onHeard of this.#waiting) {
				onHeard();
			}
		}
	}

	get wasHeard(): boolean {
		return this.#growths > 1;
	}

	/**
	 * Whether something comes within so long, or within the longest that the node is quiet; for reports each second. A node that never sent
	 * anything by itself says nothing by its silence: true.
	 */
	async hears(withinMs: number): Promise<boolean> {
		if (this.#growths < GROWTHS_TO_JUDGE) {
			return true;
		}
		// What it sends, and what openvpn tells of it, may each come a report later than seen so far.
		const quietMs =
			Math.max(this.#longestGapMs, this.#usualQuietMs) +
			2000 * ASKED_REPORT_SECONDS;
		return await new Promise((resolve) => {
			const settle = (heard: boolean) => {
				timer.cancel();
				this.#waiting.delete(onHeard);
				resolve(heard);
			};
			const onHeard = () => {
				settle(true);
			};
			const timer = this.#clock.setTimer(Math.max(withinMs, quietMs), () => {
				settle(false);
			});
			this.#waiting.add(onHeard);
		});
	}

	/** Nobody who waits is left without an answer. */
	stop(): void {
		this.#timer.cancel();
		for (const onHeard of [...this.#waiting]) {
			onHeard();
		}
	}

	readonly #look = (): void => {
		const nowMs = this.#clock.monotonicMs();
		const leftMs = this.#heardAtMs + this.#boundMs - nowMs;
		// After a suspend the reports are still to be read.
		const wasLate = nowMs - this.#dueMs > LATE_MS;
		if (leftMs <= 0 && !wasLate) {
			this.#onSilent(this.wasHeard);
			return;
		}
		const nextMs = leftMs > 0 ? leftMs : 2 * this.#reportMs;
		this.#dueMs = nowMs + nextMs;
		this.#timer = this.#clock.setTimer(nextMs, this.#look);
	};
}
