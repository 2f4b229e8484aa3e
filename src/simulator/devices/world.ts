import type { Dial, Target } from '../../decisions/index.js';
import type { Outcome } from '../../outcome.js';

/** A link of a simulated device. */
export interface SimulatedLink {
	readonly device: number;
	readonly target: Target;
	readonly upAtMs: number;
	/** It was told to go, and serves on. */
	draining: boolean;
	alive: boolean;
}

/** What comes of an attempt, if the device waits for it. */
export interface WorldAnswer {
	/** How long after the attempt began it is known. */
	readonly afterMs: number;
	/** How long after it began the connection was taken; absent where it was not before the answer. */
	readonly connectedAfterMs?: number;
	/** Absent when the attempt made a link. */
	readonly refusal?: Outcome;
}

/** What a fleet acts on. */
export interface World {
	/** An attempt, or the probe of one, comes to its node. */
	dial(device: number, plan: Dial, nowMs: number): WorldAnswer;
	/** An attempt made a link. Called before the device knows of it. */
	onMade?(link: SimulatedLink, nowMs: number): void;
	/** A link is the device's current one: it was made, or took over again. */
	onUp?(link: SimulatedLink, nowMs: number): void;
	/** A link is gone, whoever ended it. */
	onGone?(link: SimulatedLink, nowMs: number): void;
	/** Something that the world itself planned with `ActingFleet.plan`. */
	onPlanned?(device: number, nowMs: number): void;
}
