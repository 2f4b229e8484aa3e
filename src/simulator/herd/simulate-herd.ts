import { checkSetup } from './check-setup.js';
import { Fleet } from '../engine/fleet.js';
import { Timeline } from '../engine/timeline.js';
import { Fairness } from './fairness.js';
import { measureRecovery, rounded } from './measure.js';
import { mixFleet, type Mix } from './mix.js';
import type { HerdObserver } from './observer.js';
import type { HerdResult, HerdTimeline } from './result.js';
import { runHerd, type Herd, type Progress } from './run-herd.js';
import type { HerdSetup } from './setup.js';

const DAY_MS = 24 * 3600_000;

export interface HerdRun {
	readonly result: HerdResult;
	readonly timeline: HerdTimeline;
}

/** Runs a fleet through its herds and measures the last one. Same setup, same result. */
export function simulateHerd(setup: HerdSetup, onProgress?: Progress): HerdRun {
	checkSetup(setup);
	const { devices, seed, herds, acceptRate, lastHerdScale } = setup;
	const mix = mixFleet(setup);
	const fleet = new Fleet({ devices, seed, pacerOf: mix.pacerOf });
	const progressOf = (herd: number) => (done: number) =>
		onProgress?.((herd - 1 + done) / herds);
	const fairness = herds > 1 ? new Fairness(devices) : undefined;
	let lostAtMs = DAY_MS;
	for (let herd = 1; herd < herds; herd++) {
		const isFirst = herd === 1;
		const earlier = {
			lostAtMs,
			acceptRate,
			isFirst,
			isLast: false,
			changes: [],
		};
		runHerd(setup, earlier, fleet, mix, progressOf(herd));
		fairness?.add(fleet.upAtMs, lostAtMs);
		const stableMs = endHerd(fleet) + DAY_MS / 2;
		const clones = setup.goldenImage && herd === herds - 1;
		if (setup.restarts || clones) {
			mix.restart(stableMs, clones ? 0 : undefined);
			for (let device = 0; device < devices; device++) {
				fleet.settle(device, stableMs);
			}
		}
		lostAtMs = stableMs + DAY_MS / 2;
	}
	const last = {
		lostAtMs,
		acceptRate: acceptRate / lastHerdScale,
		isFirst: herds === 1,
		isLast: true,
		changes: setup.changes,
	};
	const observer = runHerd(setup, last, fleet, mix, progressOf(herds));
	fairness?.add(fleet.upAtMs, lostAtMs);
	return {
		result: {
			...resultOf(setup, last, fleet, mix, observer),
			...(fairness && {
				downtimeP95OverP5: fairness.downtimeP95OverP5,
				rankCorrelation: fairness.rankCorrelation,
			}),
		},
		timeline: {
			attempts: observer.attempts.bins(),
			returns: returnsOf(fleet, lostAtMs),
		},
	};
}

/** Whoever did not make it by himself is brought back. Returns when the last device was. */
function endHerd(fleet: Fleet): number {
	const latestMs = fleet.upAtMs.reduce(
		(most, atMs) => (atMs === Infinity ? most : Math.max(most, atMs)),
		0,
	);
	fleet.rescue(latestMs);
	return latestMs;
}

function resultOf(
	{ devices, policy, outageSeconds }: HerdSetup,
	{ lostAtMs, acceptRate }: Herd,
	fleet: Fleet,
	mix: Mix,
	observer: HerdObserver,
): HerdResult {
	const fromMs = lostAtMs + outageSeconds * 1000;
	const boundSeconds = devices / acceptRate;
	const measure = (first: number, end: number) =>
		measureRecovery(fleet, first, end, fromMs, boundSeconds);
	const { recovered, devices: _all, ...times } = measure(0, devices);
	const groups = mix.groups.map(({ name, first, end }) => ({
		group: name,
		...measure(first, end),
	}));
	return {
		policy: policy.name,
		devices,
		lowerBoundSeconds: rounded(boundSeconds),
		...times,
		peakOverRate: observer.peakOverRate,
		recovered,
		latePeakPerSecond: observer.latePeakPerSecond,
		...(groups.length > 1 ? { groups } : {}),
	};
}

function returnsOf(fleet: Fleet, lostAtMs: number): HerdTimeline['returns'] {
	const returns = new Timeline(lostAtMs);
	for (const atMs of fleet.upAtMs.slice().sort()) {
		if (atMs !== Infinity) {
			returns.add(atMs);
		}
	}
	return returns.bins();
}
