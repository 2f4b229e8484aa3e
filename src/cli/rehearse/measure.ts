import { Timeline } from '../../simulator/engine/timeline.js';
import { measureRecovery } from '../../simulator/herd/measure.js';
import { HerdObserver } from '../../simulator/herd/observer.js';
import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HerdRun,
	type HerdSetup,
	type Recovery,
} from '../../simulator/index.js';
import type { Recording, RehearsalSetup } from './recording.js';

/** What is simulated beside it: the same fleet, cut at once, before a node such as was told. */
export function twinSetup(setup: RehearsalSetup): HerdSetup {
	const { devices, stock, summary: _summary, ...capacity } = setup;
	return {
		...HERD_DEFAULTS,
		...capacity,
		devices: devices + stock,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
		stockShare: stock / (devices + stock),
	};
}

export function simulateTwin(setup: RehearsalSetup): HerdRun {
	const { result, timeline } = simulateHerd(twinSetup(setup));
	return { timeline, result: { ...result, policy: 'agent, simulated' } };
}

/** Where each device had its successor before its link went, nobody was away. */
const NOBODY: Recovery = {
	devices: 0,
	t50: 0,
	t95: 0,
	t99: 0,
	t100: 0,
	mean: 0,
	t50Seconds: 0,
	t95Seconds: 0,
	t99Seconds: 0,
	t100Seconds: 0,
	meanSeconds: 0,
	attemptsPerDevice: 0,
	p99Attempts: 0,
	recovered: true,
};

/** What the rehearsal came to, in the terms of the simulator. */
export function measure(recording: Recording): HerdRun {
	const { setup, groups, attemptsMs } = recording;
	const { acceptRate } = setup;
	const boundSeconds = (setup.devices + setup.stock) / acceptRate;
	const upAtMs = Float64Array.from(
		groups.flatMap(({ backMs }) => backMs.map((atMs) => atMs ?? Infinity)),
	);
	const fleet = {
		upAtMs,
		attempts: Uint32Array.from(groups.flatMap(({ attempts }) => attempts)),
	};
	const observer = new HerdObserver(0, acceptRate);
	for (const atMs of Float64Array.from(attemptsMs).sort()) {
		observer.attempt(0, atMs);
	}
	const returns = new Timeline(0);
	for (const atMs of upAtMs.slice().sort()) {
		if (atMs !== Infinity) {
			returns.add(atMs);
		}
	}
	let first = 0;
	const parts = groups
		.filter(({ backMs }) => backMs.length > 0)
		.map(({ name, backMs }) => ({
			group: name,
			...measureRecovery(
				fleet,
				first,
				(first += backMs.length),
				0,
				boundSeconds,
			),
		}));
	return {
		result: {
			policy: 'agent',
			lowerBoundSeconds: boundSeconds,
			...(upAtMs.length === 0
				? NOBODY
				: measureRecovery(fleet, 0, upAtMs.length, 0, boundSeconds)),
			peakOverRate: observer.peakOverRate,
			latePeakPerSecond: observer.latePeakPerSecond,
			...(parts.length > 1 ? { groups: parts } : {}),
		},
		timeline: { attempts: observer.attempts.bins(), returns: returns.bins() },
	};
}
