import { Fleet } from '../engine/fleet.js';
import { LimitedNode, type Refusal } from '../engine/limited-node.js';
import { SlidingPeak } from '../engine/sliding-peak.js';
import { Timeline } from '../engine/timeline.js';
import { measureRecovery, rounded } from './measure.js';
import { mixFleet, type Mix } from './mix.js';
import type { HerdResult, HerdTimeline } from './result.js';
import type { HerdSetup } from './setup.js';

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

/** A fleet that is not back after this many lower bounds (or an hour, if that is longer) is given up. */
const HORIZON_BOUNDS = 100;
/** As is one that made this many attempts a device, not counting one for each second of the outage, ... */
const ATTEMPTS_PER_DEVICE = 1000;
/** ... or this many a device in a row without a single success. */
const IN_VAIN_PER_DEVICE = 200;
const LATE_MS = 60_000;

/** Called with the share of the work that is done, from 0 to 1, now and then. */
export type Progress = (done: number) => void;

export interface HerdRun {
	readonly result: HerdResult;
	readonly timeline: HerdTimeline;
}

/** What is watched during a herd. */
class HerdObserver {
	readonly attempts: Timeline;
	readonly peak: SlidingPeak;
	readonly latePeak = new SlidingPeak(1000);
	readonly peakWindowMs: number;

	constructor(
		private readonly lostAtMs: number,
		private readonly acceptRate: number,
	) {
		this.attempts = new Timeline(lostAtMs);
		this.peakWindowMs = Math.max(1, 500 / acceptRate) * 1000;
		this.peak = new SlidingPeak(this.peakWindowMs);
	}

	attempt(_device: number, atMs: number): void {
		this.attempts.add(atMs);
		this.peak.add(atMs);
		if (atMs >= this.lostAtMs + LATE_MS) {
			this.latePeak.add(atMs);
		}
	}

	peakOverRate(): number {
		const allowed = (this.acceptRate * this.peakWindowMs) / 1000;
		return rounded(this.peak.peak / allowed);
	}
}

/** Runs a fleet through its herds and measures the last one. Same setup, same result. */
export function simulateHerd(setup: HerdSetup, onProgress?: Progress): HerdRun {
	const mix = mixFleet(setup);
	const fleet = new Fleet({
		devices: setup.devices,
		seed: setup.seed,
		pacerOf: mix.pacerOf,
	});
	for (let device = 0; device < setup.devices; device++) {
		fleet.settle(device, 0);
	}
	let nowMs = DAY_MS;
	const progressOf = (herd: number) => (done: number) =>
		onProgress?.((herd - 1 + done) / setup.herds);
	for (let herd = 1; herd < setup.herds; herd++) {
		runHerd(setup, setup.acceptRate, fleet, mix, nowMs, progressOf(herd));
		const stableMs = latestUp(fleet) + DAY_MS / 2;
		if (setup.restarts) {
			mix.restart(stableMs);
		}
		nowMs = stableMs + DAY_MS / 2;
	}
	const acceptRate = setup.acceptRate / setup.lastHerdScale;
	const progress = progressOf(setup.herds);
	const observer = runHerd(setup, acceptRate, fleet, mix, nowMs, progress);
	return report(setup, acceptRate, fleet, mix, nowMs, observer);
}

function runHerd(
	setup: HerdSetup,
	acceptRate: number,
	fleet: Fleet,
	mix: Mix,
	lostAtMs: number,
	onProgress: Progress,
): HerdObserver {
	const { devices, hints, rejectCost, rejectDebtSeconds } = setup;
	const boundMs = (devices / acceptRate) * 1000;
	const upAtMs = lostAtMs + setup.outageSeconds * 1000;
	const refusal: Refusal =
		hints === 'slots' || hints === 'constant' ? hints : 'reset';
	const node = new LimitedNode({
		acceptRate,
		rejectCost,
		rejectDebtSeconds,
		refusal,
		population: devices,
		upAtMs,
	});
	const door = mix.withHintLoss(node);
	for (let device = 0; device < devices; device++) {
		if (hints === 'window' && boundMs > 0 && mix.hears(device)) {
			const hint = { reconnectWindowMs: boundMs };
			fleet.hint(device, hint, lostAtMs - LATE_MS);
		}
	}
	for (let device = 0; device < devices; device++) {
		fleet.cut(device, lostAtMs);
	}
	const observer = new HerdObserver(lostAtMs, acceptRate);
	const untilMs = upAtMs + Math.max(HORIZON_BOUNDS * boundMs, HOUR_MS);
	// While the node is down everything is in vain; a device may try once a second.
	const outageAttempts = devices * setup.outageSeconds;
	fleet.advance(
		door,
		{
			untilMs,
			attempts: devices * ATTEMPTS_PER_DEVICE + outageAttempts,
			inVain: devices * IN_VAIN_PER_DEVICE + outageAttempts,
			onProgress: () => {
				onProgress(1 - fleet.down / devices);
			},
		},
		observer,
	);
	return observer;
}

function latestUp(fleet: Fleet): number {
	const latest = fleet.upAtMs.reduce(
		(most, atMs) => (atMs === Infinity ? most : Math.max(most, atMs)),
		0,
	);
	fleet.rescue(latest);
	return latest;
}

function report(
	setup: HerdSetup,
	acceptRate: number,
	fleet: Fleet,
	mix: Mix,
	lostAtMs: number,
	observer: HerdObserver,
): HerdRun {
	const { devices, policy, outageSeconds } = setup;
	const fromMs = lostAtMs + outageSeconds * 1000;
	const lowerBoundSeconds = rounded(devices / acceptRate);
	const measure = (first: number, end: number) =>
		measureRecovery(fleet, first, end, fromMs, devices / acceptRate);
	const { recovered, devices: _all, ...times } = measure(0, devices);
	const returns = new Timeline(lostAtMs);
	for (const atMs of fleet.upAtMs.slice().sort()) {
		if (atMs !== Infinity) {
			returns.add(atMs);
		}
	}
	const groups = mix.groups.map(({ name, first, end }) => ({
		group: name,
		...measure(first, end),
	}));
	return {
		result: {
			policy: policy.name,
			devices,
			lowerBoundSeconds,
			...times,
			peakOverRate: observer.peakOverRate(),
			recovered,
			latePeakPerSecond: observer.latePeak.peak,
			...(groups.length > 1 ? { groups } : {}),
		},
		timeline: {
			attempts: observer.attempts.bins(),
			returns: returns.bins(),
		},
	};
}
