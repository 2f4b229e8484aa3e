import { DialError, outcome, type OutcomeCode } from '../../outcome.js';
import type { Timer } from '../../runtime/index.js';
import type { DialRequest } from '../../transport.js';

/** How far a dial has come. */
export type Stage = 'lookup' | 'proxy' | 'connect' | 'tls' | 'upgrade';

/** What it means that the time was up in a stage. */
export type TimedOut = Record<Stage, readonly [OutcomeCode, string]>;

export const TIMED_OUT: TimedOut = {
	lookup: ['dns-failed', "The node's name was not resolved in time."],
	proxy: ['proxy-unreachable', 'The proxy did not answer in time.'],
	connect: ['connect-timeout', 'The node did not answer in time.'],
	tls: [
		'connect-timeout',
		'The node did not finish the TLS handshake in time.',
	],
	upgrade: ['upgrade-timeout', 'The node did not answer the upgrade in time.'],
};

/** One bound on all the stages of a dial, and the one signal that ends whichever is running. */
export class Attempt {
	stage: Stage = 'lookup';
	readonly signal: AbortSignal;
	readonly #timer: Timer;
	readonly #release: () => void;

	constructor(
		{ deadlineMs, runtime, signal }: DialRequest,
		timedOut: TimedOut = TIMED_OUT,
	) {
		const controller = new AbortController();
		this.signal = controller.signal;
		const follow = () => {
			controller.abort(signal.reason);
		};
		if (signal.aborted) {
			follow();
		}
		signal.addEventListener('abort', follow, { once: true });
		this.#release = () => {
			signal.removeEventListener('abort', follow);
		};
		this.#timer = runtime.clock.setTimer(deadlineMs, () => {
			const [code, message] = timedOut[this.stage];
			controller.abort(new DialError(outcome(code, message)));
		});
	}

	/** To be called when the dial is over: neither timer nor listener stays. */
	release(): void {
		this.#timer.cancel();
		this.#release();
	}
}
