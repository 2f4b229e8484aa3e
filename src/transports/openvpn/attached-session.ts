import type { Socket } from 'node:net';

import { DialError, outcome } from '../../outcome.js';
import { untilAborted, wait, type Clock } from '../../runtime/index.js';

import { OLDEST_VERSION, type AttemptEvent } from './attempt.js';
import { tooOld } from './classify.js';
import { ASK_AGAIN_MS, connectWhenThere } from './connect-when-there.js';
import { deferred } from './deferred.js';
import { echoesOfConnect } from './echoes.js';
import { parseAuthFailure } from './hints.js';
import type { ManagementAddress } from './management-address.js';
import { ManagementConnection } from './management-connection.js';
import { parseEcho, parseState, type Notice } from './management-line.js';
import { passwordOf } from './management-password.js';
import { FIRST_REPORTS } from './silence.js';

/** Openvpn serves its management interface late while a SYN is out, but not later than this. */
const FAREWELL_MS = 5000;

/** The `auth-retry` by which openvpn holds after a refused key. */
const KEEPS_PROCESS = 'nointeract';

type StateNotice = Extract<Notice, { type: 'state' }>;
type EchoNotice = Extract<Notice, { type: 'echo' }>;
type PasswordNotice = Extract<Notice, { type: 'password-needed' }>;

export interface SessionOptions {
	readonly address: ManagementAddress;
	/** The address, for people. */
	readonly name: string;
	/** The file with the password of the management interface, where it has one. */
	readonly passwordFile?: string;
	readonly clock: Clock;
	readonly clean: (line: string) => string;
}

/**
 * Our seat at the management socket of an openvpn that somebody else runs. There is only one seat: as
 * long as we have it, openvpn holds before each attempt; when we leave, it gets its own pacing back.
 */
export class AttachedSession {
	/** Openvpn waits for its release. */
	held = false;
	/** What it was doing when last heard of. */
	state: StateNotice | undefined;
	/** It waits for a password. */
	asked: PasswordNotice | undefined;
	/** What the node told at its last connect. */
	echoes: readonly EchoNotice[] = [];
	alive = true;
	/** Hears everything that comes from now on. */
	listener: ((event: AttemptEvent) => void) | undefined;
	/** False where the connection ended before. */
	readonly #greeted = deferred<boolean>();
	readonly #connection: ManagementConnection;
	/** Openvpn keeps what it read from its file, also where that was refused and has been corrected since. */
	#isKeyStale = false;
	/** How openvpn itself takes a refused key, to be given back: by `none` its process ends, and with it what we have in hand. */
	#authRetry = KEEPS_PROCESS;
	#gavePassword = false;

	/** Takes the seat. Rejects with a DialError at the deadline, or with the signal's reason. */
	static async open(
		options: SessionOptions,
		deadlineMs: number,
		signal: AbortSignal,
	): Promise<AttachedSession> {
		const { address, name, clock } = options;
		const late = new AbortController();
		const timer = clock.setTimer(deadlineMs, () => {
			late.abort();
		});
		const either = AbortSignal.any([signal, late.signal]);
		let session: AttachedSession | undefined;
		try {
			for (;;) {
				const socket = await connectWhenThere(address, name, clock, either);
				session = new AttachedSession(socket, options);
				if (await untilAborted(session.#enter(), either)) {
					return session;
				}
				// It was on its way out, and may come again.
				session = undefined;
				await wait(clock, ASK_AGAIN_MS, either);
			}
		} catch (error) {
			session?.cut();
			signal.throwIfAborted();
			if (!late.signal.aborted) {
				throw error;
			}
			throw new DialError(
				outcome(
					'transport-failed',
					session
						? `openvpn does not answer at ${name}: is another manager attached?`
						: `nothing listens at ${name}: is openvpn running, with its management socket there?`,
				),
			);
		} finally {
			timer.cancel();
		}
	}

	readonly #options: SessionOptions;

	private constructor(socket: Socket, options: SessionOptions) {
		this.#options = options;

		this.#connection = new ManagementConnection(
			socket,
			{
				onNotice: (notice) => {
					this.#onNotice(notice);
				},
				onGarbage: () => {
					this.#end({ type: 'garbage' });
					this.#connection.destroy();
				},
				onEnd: () => {
					this.#end({ type: 'exited' });
				},
				onPasswordPrompt: () => {
					this.#givePassword();
				},
			},
			options.clean,
		);
	}

	/** Sends commands; an error in an answer is told to the listener. */
	send(commands: readonly string[]): void {
		for (const command of commands) {
			if (command === 'hold release') {
				this.held = false;
				if (this.#isKeyStale) {
					this.#isKeyStale = false;
					void this.#connection.send('forget-passwords');
				}
			}
			this.#connection.order(command, (told) => {
				if (this.alive) {
					this.listener?.({ type: 'command-failed', told });
				}
			});
		}
	}

	/** Makes openvpn read its credentials afresh for the next attempt, or ask for them. */
	forgetPasswords(): void {
		this.#isKeyStale = true;
	}

	/**
	 * Ends what openvpn has under way; it holds then. Not while it connects: there SIGUSR1 would make it read its
	 * configuration again, and that phase ends by itself.
	 */
	giveUp(): void {
		const { name } = this.state ?? {};
		const isConnecting = name === 'RESOLVE' || name === 'TCP_CONNECT';
		if (this.alive && !this.held && name !== undefined && !isConnecting) {
			void this.#connection.send('signal SIGUSR1');
			// What it was doing is over; whoever dials next waits for the hold.
			this.state = undefined;
		}
	}

	/** Leaves, and gives openvpn its own pacing back. A link stays up. True where openvpn has said that it has it. */
	async leave(): Promise<boolean> {
		if (!this.alive) {
			return false;
		}
		this.listener = undefined;
		const done = new AbortController();
		const commands = [
			...(this.#isKeyStale ? ['forget-passwords'] : []),
			...(this.#authRetry === KEEPS_PROCESS
				? []
				: [`auth-retry ${this.#authRetry}`]),
			'hold off',
			// Also where it is not known to hold: it may be about to.
			'hold release',
		];
		const farewell = Promise.all(
			commands.map((command) => this.#connection.send(command)),
		);
		const replies = await Promise.race([
			farewell,
			wait(this.#options.clock, FAREWELL_MS, done.signal).catch(
				() => undefined,
			),
		]);
		done.abort();
		this.alive = false;
		this.#connection.finish();
		return replies?.every(({ ok }) => ok) ?? false;
	}

	/** Leaves without a word. */
	cut(): void {
		this.alive = false;
		this.listener = undefined;
		this.#connection.destroy();
	}

	/**
	 * Waits for the greeting, asks to be told everything, and catches up with what was before. False where
	 * openvpn went away over it.
	 */
	async #enter(): Promise<boolean> {
		if (!(await this.#greeted.promise)) {
			return false;
		}
		const switches = [
			'state on',
			'log on',
			'echo on',
			'hold on',
			`auth-retry ${KEEPS_PROCESS}`,
			FIRST_REPORTS,
		];
		const [told, echoes, authRetry] = await Promise.all([
			this.#connection.send('state all', 'block'),
			this.#connection.send('echo all', 'block'),
			this.#connection.send('auth-retry'),
			...switches.map((command) => this.#connection.send(command)),
		]);
		if (!this.alive) {
			return false;
		}
		this.#authRetry =
			/^auth-retry=(none|interact)$/.exec(authRetry.lines[0] ?? '')?.[1] ??
			KEEPS_PROCESS;
		const states = told.lines
			.map(parseState)
			.filter((state) => state !== undefined);
		this.state ??= states.at(-1);
		// Whoever was attached before has not seen to it.
		this.#isKeyStale ||= states.at(-1)?.detail === 'auth-failure';
		this.echoes = echoesOfConnect(
			echoes.lines.map(parseEcho).filter((echo) => echo !== undefined),
			states,
		);
		return true;
	}

	#onNotice(notice: Notice): void {
		switch (notice.type) {
			case 'greeting':
				if (notice.version < OLDEST_VERSION) {
					this.#greeted.reject(
						new DialError(tooOld(`management interface ${notice.version}`)),
					);
				}
				this.#greeted.resolve(true);
				return;
			case 'hold':
				this.held = true;
				break;
			case 'state':
				this.state = notice;
				this.asked = undefined;
				break;
			case 'password-needed':
				this.asked = notice;
				break;
			case 'password-refused':
				this.#isKeyStale ||= !parseAuthFailure(notice.reason ?? '').temporary;
				break;
			default:
		}
		this.listener?.(notice);
	}

	#givePassword(): void {
		const { name, passwordFile } = this.#options;
		try {
			const password = passwordOf(name, passwordFile, this.#gavePassword);
			this.#gavePassword = true;
			void this.#connection.send(password);
		} catch (error) {
			this.#greeted.reject(error as DialError);
		}
	}

	#end(event: AttemptEvent): void {
		this.alive = false;
		if (event.type === 'garbage') {
			this.#greeted.reject(
				new DialError(
					outcome(
						'transport-failed',
						'what answers on the management socket is not openvpn',
					),
				),
			);
		}
		this.#greeted.resolve(false);
		this.listener?.(event);
	}
}
