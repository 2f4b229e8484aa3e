import { EXIT } from './exit.js';

type StopSignal = 'SIGTERM' | 'SIGINT';

const FORCED: Record<StopSignal, number> = {
	SIGTERM: EXIT.terminated,
	SIGINT: EXIT.interrupted,
};

export interface StopSignals {
	/** Resolves with the first signal. */
	readonly first: Promise<StopSignal>;
	release(): void;
}

/** The first SIGTERM or SIGINT asks for an orderly end; the second forces it. */
export function stopSignals(
	force: (code: number) => void = (code) => process.exit(code),
): StopSignals {
	let asked = false;
	let resolve: (signal: StopSignal) => void;
	const first = new Promise<StopSignal>((done) => {
		resolve = done;
	});
	const onSignal = (signal: StopSignal) => {
		if (asked) {
			force(FORCED[signal]);
		}
		asked = true;
		resolve(signal);
	};
	process.on('SIGTERM', onSignal);
	process.on('SIGINT', onSignal);
	return {
		first,
		release: () => {
			process.off('SIGTERM', onSignal);
			process.off('SIGINT', onSignal);
		},
	};
}
