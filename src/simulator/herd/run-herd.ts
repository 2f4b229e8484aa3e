import type { Door } from '../engine/door.js';
import type { Fleet } from '../engine/fleet.js';
import type { Mix } from './mix.js';
import { HerdNode } from './node.js';
import { HerdObserver } from './observer.js';
import type { HerdChange, HerdSetup } from './setup.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A fleet that is not back after this many lower bounds (or an hour, if that is longer), ... */
const HORIZON_BOUNDS = 100;
/** ... and so many times what its node told it to wait, is given up. */
const HORIZON_TOLD = 3;
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
	/** The devices have had no link before this one. */
	readonly isFirst: boolean;
	/** Nothing comes after this one. */
	readonly isLast: boolean;
	/** What happens meanwhile, in the order of time. */
	readonly changes: readonly HerdChange[];
}

/** How many devices of a fleet are cut at the beginning; the rest joins them later. */
function cutAtFirst({ devices, changes }: HerdSetup): number {
	const joining = changes.reduce((sum, each) => sum + (each.joining ?? 0), 0);
	return Math.round(devices / (1 + joining));
}

/** What a node says at most, by its hint. */
function toldMs(
	{ hints, retryAfterSeconds, windowError }: HerdSetup,
	boundMs: number,
): number {
	switch (hints) {
		case 'constant':
			return retryAfterSeconds * 1000;
		case 'window':
		case 'door-window':
			return windowError * boundMs;
		default:
			return 0;
	}
}

/** Cuts the fleet off, and lets time pass until it is back or given up. */
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
	const node = new HerdNode(setup, acceptRate, devices, upAtMs);
	const tells = hints === 'window' && boundMs > 0;
	const first = herd.changes.length > 0 ? cutAtFirst(setup) : devices;
	const hint = { reconnectWindowMs: setup.windowError * boundMs };
	const tellPast = (device: number) => {
		if (herd.isFirst) {
			fleet.settle(device, 0);
		}
		if (tells && mix.hears(device)) {
			fleet.hint(device, hint, lostAtMs - MINUTE_MS);
		}
	};
	// Device by device, so that of what each goes through only the last state outlives the loop: a fleet of a
	// million would otherwise keep the collector busy for longer than the herd takes.
	for (let device = 0; device < devices; device++) {
		if (device >= first) {
			tellPast(device);
		} else if (herd.isFirst && herd.isLast) {
			fleet.cutFirst(device, tellPast, lostAtMs);
		} else {
			tellPast(device);
			fleet.cut(device, lostAtMs);
		}
	}
	const observer = new HerdObserver(lostAtMs, acceptRate);
	// While the node is down everything is in vain; a device may try once a second.
	const outageAttempts = devices * setup.outageSeconds;
	const door: Door = mix.withHintLoss(node);
	const advance = (untilMs: number, isLast = false) => {
		fleet.advance(
			door,
			{
				untilMs,
				attempts: devices * ATTEMPTS_PER_DEVICE + outageAttempts,
				inVain: devices * IN_VAIN_PER_DEVICE + outageAttempts,
				isLast,
				onProgress: () => {
					onProgress(1 - fleet.down / devices);
				},
			},
			observer,
		);
	};
	let cut = first;
	for (const change of herd.changes) {
		const atMs = upAtMs + change.atSeconds * 1000;
		advance(atMs);
		if (change.rate !== undefined) {
			node.setRate(acceptRate * change.rate, atMs);
		}
		if (change.restart) {
			node.restart(atMs);
			cutLinks(fleet, cut, atMs);
		}
		const joined = Math.min(
			devices,
			cut + Math.round(first * (change.joining ?? 0)),
		);
		for (; cut < joined; cut++) {
			fleet.cut(cut, atMs);
		}
	}
	const horizonMs = Math.max(HORIZON_BOUNDS * boundMs, HOUR_MS);
	const waitedMs = HORIZON_TOLD * toldMs(setup, boundMs);
	advance(upAtMs + horizonMs + waitedMs, herd.isLast);
	return observer;
}

/** Of the first so many devices, those that are up lose their link. */
function cutLinks(fleet: Fleet, devices: number, atMs: number): void {
	for (let device = 0; device < devices; device++) {
		if (fleet.upAtMs[device]! <= atMs) {
			fleet.cut(device, atMs);
		}
	}
}
