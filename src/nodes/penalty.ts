import type { Transport } from '../transport.js';
import type { NodeSettings } from './settings.js';
import type { Faded, NodeRecord } from './state.js';

/** Below this a penalty no longer counts: one failure is forgiven after one half-life, eight after four. */
export const FORGIVEN = 0.5;

/** What is left of a penalty now. */
export function decayed(
	penalty: Faded | undefined,
	nowMs: number,
	settings: NodeSettings,
): number {
	if (penalty === undefined) {
		return 0;
	}
	const sinceMs = Math.max(0, nowMs - penalty.atMs);
	return penalty.value * 2 ** (-sinceMs / settings.penaltyHalfLifeMs);
}

/** When a penalty no longer counts. */
export function forgivenAtMs(
	penalty: Faded | undefined,
	settings: NodeSettings,
): number {
	if (penalty === undefined) {
		return -Infinity;
	}
	const halvings = Math.max(0, Math.log2(penalty.value / FORGIVEN));
	return penalty.atMs + halvings * settings.penaltyHalfLifeMs;
}

/** One more failure. */
export function added(
	penalty: Faded | undefined,
	nowMs: number,
	settings: NodeSettings,
): Faded {
	const value = decayed(penalty, nowMs, settings) + 1;
	return { value: Math.min(value, settings.maxPenalty), atMs: nowMs };
}

/** What is held against a node over a transport now; 0 when it is forgiven. */
export function heldAgainst(
	record: NodeRecord | undefined,
	transport: Pick<Transport, 'carrier'> | undefined,
	nowMs: number,
	settings: NodeSettings,
): number {
	if (record === undefined) {
		return 0;
	}
	const sum =
		decayed(record.penalty, nowMs, settings) +
		(transport?.carrier === 'udp'
			? decayed(record.udpPenalty, nowMs, settings)
			: 0);
	return sum > FORGIVEN ? sum : 0;
}

/** How much of its share a node should draw now, from what it said about itself. */
export function weightOf(
	record: NodeRecord | undefined,
	nowMs: number,
	settings: NodeSettings,
): number {
	let weight = 1;
	if (record?.age !== undefined) {
		const ageMs = record.age.value + Math.max(0, nowMs - record.age.atMs);
		weight *= Math.min(1, ageMs / settings.slowStartMs);
	}
	if (record?.load !== undefined) {
		const { value, atMs } = record.load;
		const excess = Math.max(0, value - settings.heavyLoad);
		const share = Math.min(1, excess / (1 - settings.heavyLoad));
		const sinceMs = Math.max(0, nowMs - atMs);
		weight *= 1 - share * Math.max(0, 1 - sinceMs / settings.loadMemoryMs);
	}
	return Math.max(settings.leastWeight, weight);
}
