import type { Socket } from 'node:net';

import { toError } from '../../errors.js';
import type { Hint } from '../../hint.js';
import { DialError, outcome, type Outcome } from '../../outcome.js';
import { debugLog } from '../../debug.js';
import { wait, type Clock } from '../../runtime/index.js';
import type { Link, TransportName } from '../../transport.js';
import { classifyExhaustion } from '../native/system-error.js';

import {
	advance,
	newAttempt,
	type Attempt,
	type AttemptAction,
	type AttemptEvent,
	type Credentials,
} from './attempt.js';
import { OpenvpnProcess, type ProcessEnd } from './child.js';
import { isConnecting } from './classify.js';
import { deferred } from './deferred.js';
import { newEvidence } from './evidence.js';
import { OpenvpnLink } from './link.js';
import {
	ManagementConnection,
	withoutSecret,
} from './management-connection.js';
import { ManagementSocket } from './management-socket.js';
import { reportSeconds } from './silence.js';

const debug = debugLog('cloudlink:transport:openvpn');

/** What openvpn still has in its socket when it is gone is there at once. */
const LAST_NOTICES_MS = 1000;

export interface OwnedAttemptOptions {
	readonly transport: TransportName;
	readonly protocol: 'tcp' | 'udp';
	/** `host:port`, as the link will say. */
	readonly node: string;
	/** The proxy that is gone through, for people. */
	readonly proxy?: string;
	/** Where openvpn is to connect to, where that can be compared with what it says. */
	readonly dialled?: { readonly host: string; readonly port: number };
	readonly binary: string;
	readonly compose: (managementSocket: string) => string;
	readonly credentials: Credentials;
	/** How long the node may take to answer the connect, or over UDP at all. */
	readonly connectDeadlineMs: number;
	/** How long the whole attempt may take. */
	readonly deadlineMs: number;
	readonly livenessMs: number;
	/** Told when a link ends: whether anything had come through it; by silence and without is `unheard`. */
	readonly silence: { heard: () => void; unheard: () => void };
	readonly signal: AbortSignal;
	readonly clock: Clock;
	readonly warn?: (message: string) => void;
	readonly onConnected?: () => void;
}

/** Runs one openvpn for one attempt and the link that may come of it. {@link advance} decides, this acts. */
export class OwnedAttempt {
	#attempt: Attempt;
	#process: OpenvpnProcess | undefined;
	#connection: ManagementConnection | undefined;
	readonly #clean: (line: string) => string;
	readonly #hints: Hint[] = [];
	readonly #drained = deferred<true>();
	readonly #settled = deferred<'up' | 'ended'>();
	readonly #gone = deferred<Outcome>();
	#link: OpenvpnLink | undefined;
	#wasConnected = false;

	constructor(private readonly options: OwnedAttemptOptions) {
		const { protocol, node, proxy } = options;
		this.#attempt = newAttempt(newEvidence(protocol, node, proxy));
		this.#clean = withoutSecret(options.credentials.key);
	}

	/** Rejects with a DialError or the signal's reason, when nothing of the attempt is left. */
	async dial(): Promise<Link> {
		const { signal, clock, connectDeadlineMs, deadlineMs } = this.options;
		signal.throwIfAborted();
		const onAbort = () => {
			this.#dispatch({ type: 'stop' });
		};
		signal.addEventListener('abort', onAbort, { once: true });
		const connectDeadline = clock.setTimer(connectDeadlineMs, () => {
			this.#dispatch({ type: 'connect-deadline' });
		});
		const deadline = clock.setTimer(deadlineMs, () => {
			this.#dispatch({ type: 'deadline', output: this.#process?.output });
		});
		try {
			void this.#run();
			if ((await this.#settled.promise) === 'up') {
				return this.#link!;
			}
			const how = await this.#gone.promise;
			signal.throwIfAborted();
			throw new DialError(how);
		} finally {
			connectDeadline.cancel();
			deadline.cancel();
			signal.removeEventListener('abort', onAbort);
		}
	}

	/** From the first socket to the last trace. Never rejects. */
	async #run(): Promise<void> {
		let socket: ManagementSocket | undefined;
		let failure: Outcome | undefined;
		try {
			socket = await ManagementSocket.open();
			if (this.#attempt.state.name !== 'ended') {
				failure = await this.#runProcess(socket);
			}
		} catch (thrown) {
			const cause = toError(thrown);
			failure =
				classifyExhaustion(cause, 'the management socket') ??
				outcome(
					'openvpn-failed',
					`the management socket cannot be made: ${cause.message}`,
					{ cause },
				);
		}
		this.#connection?.destroy();
		await socket?.close().catch((error: unknown) => {
			debug('the management socket is not removed: %s', toError(error).message);
		});
		const { state } = this.#attempt;
		const how = state.name === 'ended' ? state.outcome : failure!;
		debug('%s ended: %s', this.options.node, how.message);
		this.#gone.resolve(how);
		this.#settled.resolve('ended');
	}

	/** Resolves when the process is gone, with what kept it from running where that is so. */
	async #runProcess(socket: ManagementSocket): Promise<Outcome | undefined> {
		const { binary, compose, clock } = this.options;
		socket.accept((connection) => {
			this.#onConnection(connection);
		});
		this.#process = new OpenvpnProcess({
			binary,
			configuration: compose(socket.path),
			clock,
			clean: this.#clean,
		});
		debug('openvpn %d dials %s', this.#process.pid, this.options.node);
		const end = await this.#process.ended;
		if (end.spawnError) {
			return cannotRun(binary, end.spawnError);
		}
		await this.#lastNotices();
		this.#dispatch({ type: 'exited', output: end.output });
		return undefined;
	}

	/** The end of the process and its last notices arrive in either order. */
	async #lastNotices(): Promise<void> {
		if (this.#connection) {
			const done = new AbortController();
			await Promise.race([
				this.#drained.promise,
				wait(this.options.clock, LAST_NOTICES_MS, done.signal).catch(
					() => undefined,
				),
			]);
			done.abort();
		}
	}

	#onConnection(socket: Socket): void {
		this.#connection = new ManagementConnection(
			socket,
			{
				onNotice: (notice) => {
					if (notice.type === 'bytecount') {
						this.#link?.count(notice.bytesIn, notice.bytesOut);
					}
					this.#dispatch(notice);
				},
				onGarbage: () => {
					this.#drained.resolve(true);
					this.#dispatch({ type: 'garbage' });
				},
				onEnd: () => {
					this.#drained.resolve(true);
					// Openvpn ends without its manager; this makes sure of it.
					this.#process?.terminate();
				},
			},
			this.#clean,
		);
	}

	#dispatch(event: AttemptEvent): void {
		const before = this.#attempt.state.name;
		const [next, actions] = advance(this.#attempt, event, this.options);
		this.#attempt = next;
		for (const action of actions) {
			this.#act(action);
		}
		const { state } = next;
		if (!this.#wasConnected && !isConnecting(next.evidence)) {
			this.#wasConnected = true;
			this.options.onConnected?.();
		}
		if (state.name === before) {
			return;
		}
		debug('%s: %s -> %s', this.options.node, before, state.name);
		if (state.name === 'up') {
			this.#onUp(state.localHost);
		} else if (state.name === 'ended') {
			this.#process?.terminate();
		}
	}

	#act(action: AttemptAction): void {
		switch (action.type) {
			case 'send':
				for (const command of action.commands) {
					this.#send(command);
				}
				break;
			case 'hint':
				if (this.#link) {
					this.#link.tell(action.hint);
				} else {
					this.#hints.push(action.hint);
				}
				break;
			case 'warn':
				debug('%s: warning: %s', this.options.node, action.message);
				this.options.warn?.(`${this.options.node}: ${action.message}`);
		}
	}

	#send(command: string): void {
		void this.#connection?.send(command).then(({ ok, lines }) => {
			// A connection that ended is told by its end; the first word only, since the rest may be the key.
			if (!ok && this.#attempt.state.name !== 'ended' && !this.#isOver()) {
				const word = command.split(' ', 1)[0]!;
				const told = /^(?:username|password)$/.test(word)
					? word
					: `${word}: ${lines[0]}`;
				this.#dispatch({ type: 'command-failed', told });
			}
		});
	}

	#isOver(): boolean {
		return this.#drained.done;
	}

	#onUp(localHost: string): void {
		const { transport, node, clock, livenessMs } = this.options;
		this.#link = new OpenvpnLink({
			transport,
			node,
			clock,
			livenessMs,
			localHost,
			onHeard: this.options.silence.heard,
			ended: this.#gone.promise,
			close: async () => {
				this.#dispatch({ type: 'stop' });
				await this.#gone.promise;
			},
			onSilent: (wasHeard) => {
				if (!wasHeard) {
					this.options.silence.unheard();
				}
				this.#dispatch({ type: 'silent', forMs: livenessMs });
			},
		});
		for (const hint of this.#hints) {
			this.#link.tell(hint);
		}
		this.#send(`bytecount ${reportSeconds(livenessMs)}`);
		this.#settled.resolve('up');
	}
}

function cannotRun(
	binary: string,
	cause: NonNullable<ProcessEnd['spawnError']>,
): Outcome {
	return cause.code === 'ENOENT' || cause.code === 'EACCES'
		? outcome(
				'openvpn-missing',
				`there is no program "${binary}" to run: install openvpn 2.5 or newer, or name it with \`binary\``,
				{ cause },
			)
		: (classifyExhaustion(cause, 'to run openvpn') ??
				outcome('openvpn-failed', `openvpn cannot be run: ${cause.message}`, {
					cause,
				}));
}
