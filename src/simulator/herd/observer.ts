import type { FleetObserver } from '../engine/fleet.js';
import { SlidingPeak } from '../engine/sliding-peak.js';
import { Timeline } from '../engine/timeline.js';
import { rounded } from './measure.js';

/** A peak counts as late from here on after the loss. */
const LATE_MS = 60_000;

/** What is watched during a herd: attempts over time, and their peaks. */
export class HerdObserver implements FleetObserver {
	readonly attempts: Timeline;
	readonly #peak: SlidingPeak;
	readonly #latePeak = new SlidingPeak(1000);
	readonly #windowMs: number;

	readonly #lostAtMs: number;
	readonly #acceptRate: number;

	constructor(lostAtMs: number, acceptRate: number) {
		this.#lostAtMs = lostAtMs;
		this.#acceptRate = acceptRate;
		this.attempts = new Timeline(lostAtMs);
		this.#windowMs = Math.max(1, 500 / acceptRate) * 1000;
		this.#peak = new SlidingPeak(this.#windowMs);
	}

	attempt(_device: number, atMs: number): void {
		this.attempts.add(atMs);
		this.#peak.add(atMs);
		if (atMs >= this.#lostAtMs + LATE_MS) {
			this.#latePeak.add(atMs);
		}
	}

	/** The most attempts in any window of max(1 s, 500/R), over R times that window. */
	get peakOverRate(): number {
		const allowed = (this.#acceptRate * this.#windowMs) / 1000;
		return rounded(this.#peak.peak / allowed);
	}

	get latePeakPerSecond(): number {
		return this.#latePeak.peak;
	}
}
