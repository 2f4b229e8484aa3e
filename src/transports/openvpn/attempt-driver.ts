import { debugLog } from '../../debug.js';
import type { Hint } from '../../hint.js';
import { DialError, type Outcome } from '../../outcome.js';
import { onAbort, type Clock } from '../../runtime/index.js';
import type { Link, TransportName } from '../../transport.js';

import {
	newAttempt,
	type Attempt,
	type AttemptAction,
	type AttemptContext,
	type AttemptEvent,
	type AttemptState,
} from './attempt.js';
import { advance } from './advance.js';
import { isConnecting } from './classify.js';
import { deferred } from './deferred.js';
import type { Evidence } from './evidence.js';
import { OpenvpnLink } from './link.js';
import { reportSeconds } from './silence.js';

const debug = debugLog('cloudlink:transport:openvpn');

/** What every attempt is given, whoever runs openvpn. */
export interface AttemptSettings {
	readonly transport: TransportName;
	readonly clock: Clock;
	readonly livenessMs: number;
	/** Told when a link ends: whether anything had come through it; by silence and without is `onUnheard`. */
	readonly silence: { onHeard: () => void; onUnheard: () => void };
	readonly warn?: (message: string) => void;
	/** The node took the connection. */
	readonly onConnected?: () => void;
}

export interface AttemptBounds {
	/** How long the node may take to answer the connect, or over UDP at all. */
	readonly connectDeadlineMs: number;
	/** How long the whole attempt may take. */
	readonly deadlineMs: number;
	readonly signal: AbortSignal;
}

/** What differs between an openvpn of ours and one of somebody else's. */
export interface AttemptHooks {
	send(commands: readonly string[]): void;
	/** The attempt or its link ended; {@link AttemptDriver.finish} is to be called when nothing is left of it. */
	onEnded(how: Outcome): void;
	onDeadline(): void;
	onSilent?(): void;
	/** @param isDead the link is known to be dead: it must not be found again as one that is up */
	close(isDead: boolean): Promise<void>;
}

/** Drives one attempt and the link that may come of it: {@link advance} decides, this acts. */
export class AttemptDriver {
	#attempt: Attempt;
	#link: OpenvpnLink | undefined;
	#wasConnected = false;
	readonly #hints: Hint[] = [];
	readonly #settled = deferred<true>();
	readonly #gone = deferred<Outcome>();

	readonly #context: AttemptContext;
	readonly #settings: AttemptSettings;
	readonly #hooks: AttemptHooks;

	constructor(
		evidence: Evidence,
		context: AttemptContext,
		settings: AttemptSettings,
		hooks: AttemptHooks,
	) {
		this.#context = context;
		this.#settings = settings;
		this.#hooks = hooks;

		this.#attempt = newAttempt(evidence);
	}

	get state(): AttemptState {
		return this.#attempt.state;
	}

	/** How it ended, once nothing is left of it. */
	get gone(): Promise<Outcome> {
		return this.#gone.promise;
	}

	/** Rejects with a DialError or the signal's reason, when nothing of the attempt is left. */
	async dial(bounds: AttemptBounds, begin: () => void): Promise<Link> {
		const { signal, connectDeadlineMs, deadlineMs } = bounds;
		const { clock } = this.#settings;
		signal.throwIfAborted();
		const release = onAbort(signal, () => {
			this.dispatch({ type: 'stop' });
		});
		const connectDeadline = clock.setTimer(connectDeadlineMs, () => {
			this.dispatch({ type: 'connect-deadline' });
		});
		const deadline = clock.setTimer(deadlineMs, () => {
			this.#hooks.onDeadline();
		});
		try {
			begin();
			await this.#settled.promise;
			if (this.#link) {
				return this.#link;
			}
			const how = await this.#gone.promise;
			signal.throwIfAborted();
			throw new DialError(how);
		} finally {
			connectDeadline.cancel();
			deadline.cancel();
			release();
		}
	}

	/** Nothing is left of it. */
	finish(how: Outcome): void {
		this.#gone.resolve(how);
		this.#settled.resolve(true);
	}

	dispatch(event: AttemptEvent): void {
		if (event.type === 'bytecount') {
			this.#link?.count(event.bytesIn, event.bytesOut);
		}
		const before = this.state.name;
		const [next, actions] = advance(this.#attempt, event, this.#context);
		this.#attempt = next;
		for (const action of actions) {
			this.#act(action);
		}
		const { state, evidence } = next;
		if (!this.#wasConnected && !isConnecting(evidence)) {
			this.#wasConnected = true;
			this.#settings.onConnected?.();
		}
		if (state.name === before) {
			return;
		}
		debug('%s: %s -> %s', evidence.node, before, state.name);
		if (state.name === 'up') {
			this.#onUp(state);
		} else if (state.name === 'ended') {
			this.#hooks.onEnded(state.outcome);
		}
	}

	#act(action: AttemptAction): void {
		switch (action.type) {
			case 'send':
				this.#hooks.send(action.commands);
				break;
			case 'hint':
				if (this.#link) {
					this.#link.tell(action.hint);
				} else {
					this.#hints.push(action.hint);
				}
				break;
			case 'warn':
				debug('warning: %s', action.message);
				this.#settings.warn?.(action.message);
		}
	}

	#onUp(up: Extract<AttemptState, { name: 'up' }>): void {
		const { host, port } = up;
		const { transport, clock, livenessMs, silence } = this.#settings;
		const report = (everySeconds: number) => {
			this.#hooks.send([`bytecount ${everySeconds}`]);
		};
		const link = new OpenvpnLink({
			transport,
			node:
				this.#context.node ??
				(host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`),
			clock,
			livenessMs,
			ends: up,
			report,
			onHeard: silence.onHeard,
			ended: this.#gone.promise,
			close: async (isDead) => {
				this.dispatch({ type: 'stop' });
				await this.#hooks.close(isDead);
			},
			onSilent: (wasHeard) => {
				if (!wasHeard) {
					silence.onUnheard();
				}
				this.dispatch({ type: 'silent', forMs: livenessMs });
				this.#hooks.onSilent?.();
			},
		});
		this.#link = link;
		for (const hint of this.#hints) {
			link.tell(hint);
		}
		report(reportSeconds(livenessMs));
		this.#settled.resolve(true);
	}
}
