import { DialError, outcome, type OutcomeCode } from '../../outcome.js';
import type { Timer } from '../../runtime/index.js';
import type { DialRequest } from '../../transport.js';

/** How far a dial has come. */
export type Stage = 'lookup' | 'proxy' | 'connect' | 'tls' | 'upgrade';

/** Until the carrier's connection is taken, a dial has no place in any queue. */
const CONNECTING: readonly Stage[] = ['lookup', 'proxy', 'connect'];

/** What it means that the time was up in a stage. */
export type TimedOut = Record<Stage, readonly [OutcomeCode, string]>;

export const TIMED_OUT: TimedOut = {
	lookup: ['dns-failed', "The node's name was not resolved in time."],
	proxy: ['proxy-unreachable', 'The proxy did not answer in time.'],
	connect: ['connect-timeout', 'The node did not answer in time.'],
	tls: [
		'tls-timeout',
		'The node took the connection and did not finish the TLS handshake in time.',
	],
	upgrade: ['upgrade-timeout', 'The node did not answer the upgrade in time.'],
};

/** The bounds on the stages of a dial, and the one signal that ends whichever is running. */
export class Attempt {
	stage: Stage = 'lookup';
	readonly signal: AbortSignal;
	readonly #release: () => void;

	constructor(
		{ connectDeadlineMs, deadlineMs, runtime, signal }: DialRequest,
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
		const giveUp = () => {
			const [code, message] = timedOut[this.stage];
			controller.abort(new DialError(outcome(code, message)));
		};
		const timers: Timer[] = [
			runtime.clock.setTimer(deadlineMs, giveUp),
			runtime.clock.setTimer(connectDeadlineMs ?? deadlineMs, () => {
				if (CONNECTING.includes(this.stage)) {
					giveUp();
				}
			}),
		];
		this.#release = () => {
			signal.removeEventListener('abort', follow);
			for (const timer of timers) {
				timer.cancel();
			}
		};
	}

	/** To be called when the dial is over: neither timer nor listener stays. */
	release(): void {
		this.#release();
	}
}
