import { onAbort, type Clock } from '../runtime/index.js';

/** A signal of its own that follows its parent's. */
export interface Bound {
	readonly signal: AbortSignal;
	/** Must be called when the work is over; leaves neither timer nor listener. */
	release(): void;
}

/**
 * A signal that is aborted with its parent, and can be let go of. (`AbortSignal.any` would do the same,
 * but keeps what it made alive as long as the parent lives, and ours lives as long as the agent.)
 */
export function follow(parent: AbortSignal): Bound & {
	abort(reason: Error): void;
} {
	const own = new AbortController();
	const onParent = () => {
		own.abort(parent.reason);
	};
	const release = onAbort(parent, onParent);
	if (parent.aborted) {
		onParent();
	}
	return {
		signal: own.signal,
		abort: (reason) => {
			own.abort(reason);
		},
		release,
	};
}

/** When a piece of work is given up, and why. */
export interface GiveUp {
	readonly afterMs: number;
	readonly reason: () => Error;
}

/** Bounds a piece of work in time, on our own clock. */
export function deadline(
	clock: Clock,
	parent: AbortSignal,
	first: GiveUp,
): Bound & {
	/** Another deadline from its beginning on takes the place of the one before. */
	extend(later: GiveUp): void;
} {
	const own = follow(parent);
	const startedMs = clock.monotonicMs();
	const arm = ({ afterMs, reason }: GiveUp) =>
		clock.setTimer(startedMs + afterMs - clock.monotonicMs(), () => {
			own.abort(reason());
		});
	let timer = arm(first);
	return {
		signal: own.signal,
		extend: (later) => {
			timer.cancel();
			timer = arm(later);
		},
		release: () => {
			timer.cancel();
			own.release();
		},
	};
}
