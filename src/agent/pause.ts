import { onAbort, type Clock } from '../runtime/index.js';

/** One wait that can be replaced while it runs, since the network may come back in the middle of it. */
export class Pause {
	readonly #clock: Clock;
	#restart: ((delayMs: number) => void) | undefined;

	constructor(clock: Clock) {
		this.#clock = clock;
	}

	/** Waits `delayMs`, or what {@link Pause.replace} says meanwhile. Rejects with the signal's reason. */
	run(delayMs: number, signal: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			signal.throwIfAborted();
			const finish = () => {
				this.#restart = undefined;
				timer.cancel();
				release();
			};
			const onDue = () => {
				finish();
				resolve();
			};
			let timer = this.#clock.setTimer(delayMs, onDue);
			this.#restart = (nextMs) => {
				timer.cancel();
				timer = this.#clock.setTimer(nextMs, onDue);
			};
			const release = onAbort(signal, () => {
				finish();
				reject(signal.reason as Error);
			});
		});
	}

	/** Whether a wait is running. */
	get running(): boolean {
		return this.#restart !== undefined;
	}

	/** Lets the running wait end in `delayMs` from now instead. Without one it does nothing. */
	replace(delayMs: number): void {
		this.#restart?.(delayMs);
	}
}
