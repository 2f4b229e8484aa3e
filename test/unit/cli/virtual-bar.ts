import { ProgressBar } from '../../../src/cli/simulate/progress.js';
import { systemClock } from '../../../src/runtime/index.js';

/** A bar that draws nothing, and keeps what it was told. */
export function virtualBar(): { bar: ProgressBar; updates: number[] } {
	const updates: number[] = [];
	const bar = new ProgressBar({ write: () => undefined }, systemClock);
	bar.update = (done) => {
		updates.push(done);
	};
	return { bar, updates };
}
