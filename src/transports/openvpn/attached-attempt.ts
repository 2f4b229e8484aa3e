import { debugLog } from '../../debug.js';
import { DialError, type Outcome } from '../../outcome.js';
import type { Clock } from '../../runtime/index.js';
import type { Link, TransportName } from '../../transport.js';

import type { AttachedSession } from './attached-session.js';
import {
	advance,
	newAttempt,
	type Attempt,
	type AttemptEvent,
	type Credentials,
} from './attempt.js';
import { isConnecting } from './classify.js';
import { deferred } from './deferred.js';
import { newEvidence } from './evidence.js';
import { OpenvpnLink } from './link.js';
import type { AttachedSettings } from './attached-options.js';

const debug = debugLog('cloudlink:transport:openvpn');

export interface AttachedAttemptOptions {
	readonly session: AttachedSession;
	readonly settings: AttachedSettings;
	readonly transport: TransportName;
	readonly credentials: Credentials | undefined;
	readonly livenessMs: number;
	/** Told when a link ends: whether anything had come through it; by silence and without is `unheard`. */
	readonly silence: { heard: () => void; unheard: () => void };
	readonly clock: Clock;
	readonly warn?: (message: string) => void;
	readonly onConnected?: () => void;
	readonly release: () => Promise<void>;
}

/** One attempt of the attached openvpn's, and the link that may come of it. */
export class AttachedAttempt {
	#attempt: Attempt;
	#link: OpenvpnLink | undefined;
	#wasConnected = false;
	readonly #hints: Array<Parameters<OpenvpnLink['tell']>[0]> = [];
	readonly #settled = deferred<true>();
	readonly #gone = deferred<Outcome>();

	constructor(private readonly options: AttachedAttemptOptions) {
		const { protocol, attach } = options.settings;
		this.#attempt = newAttempt(
			newEvidence(protocol, `the node of the openvpn at ${attach}`),
		);
	}

	async dial(bounds: {
		readonly connectDeadlineMs: number;
		readonly deadlineMs: number;
		readonly signal: AbortSignal;
	}): Promise<Link> {
		const { connectDeadlineMs, deadlineMs, signal } = bounds;
		const { clock, release } = this.options;
		const onAbort = () => {
			this.#dispatch({ type: 'stop' });
		};
		signal.addEventListener('abort', onAbort, { once: true });
		const connectDeadline = clock.setTimer(connectDeadlineMs, () => {
			this.#dispatch({ type: 'connect-deadline' });
		});
		const deadline = clock.setTimer(deadlineMs, () => {
			this.#dispatch({ type: 'deadline' });
			if (!this.#link) {
				this.options.session.giveUp();
			}
		});
		try {
			this.#begin();
			await this.#settled.promise;
			if (this.#link) {
				return this.#link;
			}
			if (signal.aborted) {
				await release();
				throw signal.reason;
			}
			throw new DialError(await this.#gone.promise);
		} finally {
			connectDeadline.cancel();
			deadline.cancel();
			signal.removeEventListener('abort', onAbort);
		}
	}

	/** Catches up with an openvpn that may be in hold, under way, or up. */
	#begin(): void {
		const { session } = this.options;
		session.listener = (event) => {
			if (event.type === 'bytecount') {
				this.#link?.count(event.bytesIn, event.bytesOut);
			}
			this.#dispatch(event);
		};
		const { held, state, asked } = session;
		if (held) {
			this.#dispatch({ type: 'hold' });
		} else if (state && state.name !== 'RECONNECTING') {
			if (state.name === 'CONNECTED') {
				for (const echo of session.echoes) {
					this.#dispatch(echo);
				}
			}
			this.#dispatch(state);
		}
		if (asked) {
			this.#dispatch(asked);
		}
	}

	#dispatch(event: AttemptEvent): void {
		const before = this.#attempt.state.name;
		const [next, actions] = advance(this.#attempt, event, this.options);
		this.#attempt = next;
		for (const action of actions) {
			if (action.type === 'send') {
				this.options.session.send(action.commands);
			} else if (action.type === 'warn') {
				debug('warning: %s', action.message);
				this.options.warn?.(action.message);
			} else if (this.#link) {
				this.#link.tell(action.hint);
			} else {
				this.#hints.push(action.hint);
			}
		}
		const { state } = next;
		if (!this.#wasConnected && !isConnecting(next.evidence)) {
			this.#wasConnected = true;
			this.options.onConnected?.();
		}
		if (state.name === before) {
			return;
		}
		debug('attached: %s -> %s', before, state.name);
		if (state.name === 'up') {
			this.#onUp(state.host, state.port);
		} else if (state.name === 'ended') {
			this.options.session.listener = undefined;
			this.#gone.resolve(state.outcome);
			this.#settled.resolve(true);
		}
	}

	#onUp(host: string, port: string): void {
		const { transport, clock, livenessMs, release, session } = this.options;
		this.#link = new OpenvpnLink({
			transport,
			node: host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
			clock,
			livenessMs,
			onHeard: this.options.silence.heard,
			ended: this.#gone.promise,
			close: async () => {
				this.#dispatch({ type: 'stop' });
				await release();
			},
			onSilent: (wasHeard) => {
				if (!wasHeard) {
					this.options.silence.unheard();
				}
				this.#dispatch({ type: 'silent', forMs: livenessMs });
				session.giveUp();
			},
		});
		for (const hint of this.#hints) {
			this.#link.tell(hint);
		}
		this.#settled.resolve(true);
	}
}
