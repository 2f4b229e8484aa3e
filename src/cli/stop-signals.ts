import { EXIT } from './exit.js';

/** SIGHUP: the terminal is gone; without a handler Node would end at once and leave the marker behind. */
type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP';

const FORCED: Record<StopSignal, number> = {
	SIGTERM: EXIT.terminated,
	SIGINT: EXIT.interrupted,
	SIGHUP: EXIT.terminated,
};

export interface StopSignals {
	/** Resolves with the first signal. */
	readonly first: Promise<StopSignal>;
	release(): void;
}

/**
 * The first SIGTERM, SIGINT or SIGHUP asks for an orderly end; the second forces it.
 * @param onHangup is called on SIGHUP instead, where that means something else
 */
export function stopSignals(
	onHangup?: () => void,
	force: (code: number) => void = (code) => process.exit(code),
): StopSignals {
	let asked = false;
	let resolve: (signal: StopSignal) => void;
	const first = new Promise<StopSignal>((done) => {
		resolve = done;
	});
	const onSignal = (signal: StopSignal) => {
		if (signal === 'SIGHUP' && onHangup) {
			onHangup();
			return;
		}
		if (asked) {
			force(FORCED[signal]);
		}
		asked = true;
		resolve(signal);
	};
	const signals = Object.keys(FORCED) as StopSignal[];
	for (const signal of signals) {
		process.on(signal, onSignal);
	}
	return {
		first,
		release: () => {
			for (const signal of signals) {
				process.off(signal, onSignal);
			}
		},
	};
}
