import type { Socket } from 'node:net';

import { debugLog } from '../../debug.js';
import { toError } from '../../errors.js';
import { outcome, type Outcome } from '../../outcome.js';
import { wait } from '../../runtime/index.js';
import type { Link } from '../../transport.js';
import { classifyExhaustion } from '../native/system-error.js';

import {
	AttemptDriver,
	type AttemptBounds,
	type AttemptSettings,
} from './attempt-driver.js';
import type { Credentials } from './attempt.js';
import { OpenvpnProcess, type ProcessEnd } from './child.js';
import { deferred } from './deferred.js';
import { newEvidence } from './evidence.js';
import { explainOwn, stepInOutput } from './explain-own.js';
import {
	ManagementConnection,
	withoutSecret,
} from './management-connection.js';
import { ManagementSocket } from './management-socket.js';
import { FIRST_REPORTS } from './silence.js';

const debug = debugLog('cloudlink:transport:openvpn');

/** What openvpn still has in its socket when it is gone is there at once. */
const LAST_NOTICES_MS = 1000;

export interface OwnedAttemptOptions extends AttemptSettings {
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
}

/** Runs one openvpn for one attempt and the link that may come of it. */
export class OwnedAttempt {
	readonly #driver: AttemptDriver;
	#process: OpenvpnProcess | undefined;
	#connection: ManagementConnection | undefined;
	readonly #clean: (line: string) => string;
	/** Resolves when openvpn's last notice was read. */
	readonly #drained = deferred<true>();

	readonly #options: OwnedAttemptOptions;

	constructor(options: OwnedAttemptOptions) {
		this.#options = options;

		const { protocol, node, proxy, credentials, warn } = options;
		const settings: AttemptSettings = {
			...options,
			warn: (message) => warn?.(`${node}: ${message}`),
		};
		this.#clean = withoutSecret(credentials.key);
		this.#driver = new AttemptDriver(
			newEvidence(protocol, node, explainOwn(proxy)),
			options,
			settings,
			{
				send: (commands) => {
					this.#send(commands);
				},
				onEnded: () => {
					this.#process?.terminate();
				},
				onDeadline: () => {
					const step = stepInOutput(this.#process?.output ?? []);
					this.#driver.dispatch({ type: 'deadline', step });
				},
				close: async () => {
					await this.#driver.gone;
				},
			},
		);
	}

	/** Rejects with a DialError or the signal's reason, when nothing of the attempt is left. */
	async dial(bounds: AttemptBounds): Promise<Link> {
		return await this.#driver.dial(bounds, () => {
			void this.#run();
		});
	}

	/** From the first socket to the last trace. Never rejects. */
	async #run(): Promise<void> {
		let socket: ManagementSocket | undefined;
		let failure: Outcome | undefined;
		try {
			socket = await ManagementSocket.open();
			if (this.#driver.state.name !== 'ended') {
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
		const { state } = this.#driver;
		const how = state.name === 'ended' ? state.outcome : failure!;
		debug('%s ended: %s', this.#options.node, how.message);
		this.#driver.finish(how);
	}

	/** Resolves when the process is gone, with what kept it from running where that is so. */
	async #runProcess(socket: ManagementSocket): Promise<Outcome | undefined> {
		const { binary, compose, clock } = this.#options;
		socket.accept((connection) => {
			this.#onConnection(connection);
		});
		this.#process = new OpenvpnProcess({
			binary,
			configuration: compose(socket.path),
			clock,
			clean: this.#clean,
		});
		debug('openvpn %d dials %s', this.#process.pid, this.#options.node);
		const end = await this.#process.ended;
		if (end.spawnError) {
			return cannotRun(binary, end.spawnError);
		}
		await this.#lastNotices();
		this.#driver.dispatch({ type: 'exited', output: end.output });
		return undefined;
	}

	/** The end of the process and its last notices arrive in either order. */
	async #lastNotices(): Promise<void> {
		if (this.#connection) {
			const done = new AbortController();
			await Promise.race([
				this.#drained.promise,
				wait(this.#options.clock, LAST_NOTICES_MS, done.signal).catch(
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
					this.#driver.dispatch(notice);
				},
				onGarbage: () => {
					this.#drained.resolve(true);
					this.#driver.dispatch({ type: 'garbage' });
				},
				onEnd: () => {
					this.#drained.resolve(true);
					// Openvpn ends without its manager; this makes sure of it.
					this.#process?.terminate();
				},
			},
			this.#clean,
		);
		this.#send([FIRST_REPORTS]);
	}

	#send(commands: readonly string[]): void {
		for (const command of commands) {
			this.#connection?.order(command, (told) => {
				// A connection that ended is told by its end.
				if (!this.#drained.done) {
					this.#driver.dispatch({ type: 'command-failed', told });
				}
			});
		}
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
