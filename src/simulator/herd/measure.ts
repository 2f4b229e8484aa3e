import type { Fleet } from '../engine/fleet.js';
import type { Recovery } from './result.js';

/** Enough digits for any use, few enough that the output is the same everywhere. */
export function rounded(value: number): number {
	return Number(value.toPrecision(6));
}

function quantile(sorted: Float64Array | Uint32Array, share: number): number {
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/**
 * How the devices from `first` up to `end` came back.
 *
 * @param fromMs the instant that times are counted from
 * @param boundSeconds the lower bound that they are divided by; 0 where there is none
 */
export function measureRecovery(
	fleet: Pick<Fleet, 'upAtMs' | 'attempts'>,
	first: number,
	end: number,
	fromMs: number,
	boundSeconds: number,
): Recovery {
	const upAt = fleet.upAtMs.slice(first, end).sort();
	const attempts = fleet.attempts.slice(first, end).sort();
	const seconds = (share: number) => {
		const atMs = quantile(upAt, share);
		return Number.isFinite(atMs) ? rounded((atMs - fromMs) / 1000) : null;
	};
	const t50Seconds = seconds(0.5);
	const t95Seconds = seconds(0.95);
	const t99Seconds = seconds(0.99);
	const t100Seconds = seconds(1);
	const meanMs = upAt.reduce((sum, atMs) => sum + atMs - fromMs, 0);
	const meanSeconds = Number.isFinite(meanMs)
		? rounded(meanMs / 1000 / upAt.length)
		: null;
	const multiple = (value: number | null) =>
		value === null || boundSeconds <= 0 ? null : rounded(value / boundSeconds);
	const total = attempts.reduce((sum, each) => sum + each, 0);
	return {
		devices: end - first,
		t50: multiple(t50Seconds),
		t95: multiple(t95Seconds),
		t99: multiple(t99Seconds),
		t100: multiple(t100Seconds),
		mean: multiple(meanSeconds),
		t50Seconds,
		t95Seconds,
		t99Seconds,
		t100Seconds,
		meanSeconds,
		attemptsPerDevice: rounded(total / (end - first)),
		p99Attempts: quantile(attempts, 0.99),
		recovered: t100Seconds !== null,
	};
}
