import type { Fleet } from '../engine/fleet.js';
import { LimitedNode } from '../engine/limited-node.js';
import type { Mix } from './mix.js';
import { HerdObserver } from './observer.js';
import type { HerdSetup } from './setup.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A fleet that is not back after this many lower bounds (or an hour, if that is longer) is given up. */
const HORIZON_BOUNDS = 100;
/** As is one that made this many attempts a device, not counting one for each second of the outage, ... */
const ATTEMPTS_PER_DEVICE = 1000;
/** ... or this many a device in a row without a single success. */
const IN_VAIN_PER_DEVICE = 200;

/** Called with the share of the work that is done, from 0 to 1, now and then. */
export type Progress = (done: number) => void;

/** One herd of a setup: when the links are lost, and how fast the node is this time. */
export interface Herd {
	readonly lostAtMs: number;
	readonly acceptRate: number;
}

/** Cuts the whole fleet off, and lets time pass until it is back or given up. */
export function runHerd(
	setup: HerdSetup,
	herd: Herd,
	fleet: Fleet,
	mix: Mix,
	onProgress: Progress,
): HerdObserver {
	const { devices, hints } = setup;
	const { lostAtMs, acceptRate } = herd;
	const boundMs = (devices / acceptRate) * 1000;
	const upAtMs = lostAtMs + setup.outageSeconds * 1000;
	const node = new LimitedNode({
		...setup,
		acceptRate,
		refusal: hints === 'slots' || hints === 'constant' ? hints : 'reset',
		population: devices,
		upAtMs,
	});
	if (hints === 'window' && boundMs > 0) {
		tellWindow(boundMs, fleet, mix, lostAtMs - MINUTE_MS);
	}
	for (let device = 0; device < devices; device++) {
		fleet.cut(device, lostAtMs);
	}
	const observer = new HerdObserver(lostAtMs, acceptRate);
	// While the node is down everything is in vain; a device may try once a second.
	const outageAttempts = devices * setup.outageSeconds;
	fleet.advance(
		mix.withHintLoss(node),
		{
			untilMs: upAtMs + Math.max(HORIZON_BOUNDS * boundMs, HOUR_MS),
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

function tellWindow(
	reconnectWindowMs: number,
	fleet: Fleet,
	mix: Mix,
	atMs: number,
): void {
	for (let device = 0; device < fleet.devices; device++) {
		if (mix.hears(device)) {
			fleet.hint(device, { reconnectWindowMs }, atMs);
		}
	}
}
