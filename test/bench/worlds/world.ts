import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HerdResult,
	type HerdSetup,
} from '../../../src/simulator/index.js';
import { drawnBounds } from '../pacing/rows.js';

export type Figures = Record<string, number>;

/** One world: what is measured in it, and the most that the agent may come to. */
export interface World {
	/** A short word to choose it by. */
	readonly id: string;
	readonly title: string;
	measure(policy: string, seed: number): Figures;
	/** By the name of a figure. */
	readonly targets: Figures;
	/** Of the agent; others run with one. @default 2 */
	readonly seeds?: number;
	/** Whether others are measured beside it. @default true */
	readonly peers?: boolean;
}

export type Overrides = Partial<Omit<HerdSetup, 'policy' | 'stockPolicy'>>;

export function herd(policy: string, overrides: Overrides): HerdResult {
	return simulateHerd({
		...HERD_DEFAULTS,
		policy: policyNamed(policy),
		stockPolicy: policyNamed('balena-tcp-reset'),
		...overrides,
	}).result;
}

/** What every world is judged by; Infinity where it never came to be. */
export function figuresOf(result: HerdResult): Figures {
	const pick = (value: number | null | undefined) => value ?? Infinity;
	return {
		't50/T': pick(result.t50),
		'mean/T': pick(result.mean),
		't99/T': pick(result.t99),
		't100/T': pick(result.t100),
		't50 s': pick(result.t50Seconds),
		'mean s': pick(result.meanSeconds),
		't99 s': pick(result.t99Seconds),
		't100 s': pick(result.t100Seconds),
		attempts: result.attemptsPerDevice,
		...(result.downtimeP95OverP5 === undefined
			? {}
			: {
					'p95/p5': pick(result.downtimeP95OverP5),
					rank: pick(result.rankCorrelation),
				}),
	};
}

export function world(
	id: string,
	title: string,
	setup: Overrides,
	targets: Figures,
	more: Pick<World, 'seeds' | 'peers'> = {},
): World {
	const measure = (policy: string, seed: number) =>
		figuresOf(herd(policy, { ...setup, seed }));
	return { id, title, targets, measure, ...more };
}

/** A fleet of so many devices, whose node needs `bound` seconds for it. */
export const fleet = (bound: number, devices = 5000) => ({
	devices,
	acceptRate: devices / bound,
});

/** A node of this rate. */
export const node = (bound: number, acceptRate: number) => ({
	devices: Math.round(bound * acceptRate),
	acceptRate,
});

/** Three values of T that nothing was tuned on, by the draw of this run. */
export function threeOf(draw: string, least: number, most: number): number[] {
	return drawnBounds(3, least, most, `${draw} ${least} ${most}`);
}

/** The named values of T, and three drawn ones between them. */
export function withDrawn(draw: string, named: readonly number[]): number[] {
	return [...named, ...threeOf(draw, Math.min(...named), Math.max(...named))];
}
