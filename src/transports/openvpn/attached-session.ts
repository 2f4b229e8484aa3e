import { connect, type Socket } from 'node:net';

import { DialError, outcome } from '../../outcome.js';
import { wait, type Clock } from '../../runtime/index.js';

import { OLDEST_VERSION, type AttemptEvent } from './attempt.js';
import { tooOld } from './classify.js';
import { deferred } from './deferred.js';
import { BYTECOUNT_SECONDS } from './link.js';
import { ManagementConnection } from './management-connection.js';
import { parseEcho, parseState, type Notice } from './management-line.js';
import { untilAborted } from './until-aborted.js';

/** An openvpn that is being restarted has no socket for a while: asked for this often. */
const ASK_AGAIN_MS = 250;

/** Openvpn serves its management interface late while a SYN is out, but not later than this. */
const FAREWELL_MS = 5000;

type StateNotice = Extract<Notice, { type: 'state' }>;
type EchoNotice = Extract<Notice, { type: 'echo' }>;
type PasswordNotice = Extract<Notice, { type: 'password-needed' }>;

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
	echoes: EchoNotice[] = [];
	alive = true;
	/** Hears everything that comes from now on. */
	listener: ((event: AttemptEvent) => void) | undefined;
	/** False where the connection ended before. */
	private readonly greeted = deferred<boolean>();
	private readonly connection: ManagementConnection;

	/** Takes the seat. Rejects with a DialError at the deadline, or with the signal's reason. */
	static async open(
		path: string,
		clock: Clock,
		deadlineMs: number,
		signal: AbortSignal,
		clean: (line: string) => string,
	): Promise<AttachedSession> {
		const late = new AbortController();
		const timer = clock.setTimer(deadlineMs, () => {
			late.abort();
		});
		const either = AbortSignal.any([signal, late.signal]);
		let session: AttachedSession | undefined;
		try {
			for (;;) {
				const socket = await connectTo(path, clock, either);
				session = new AttachedSession(socket, clock, clean);
				if (await untilAborted(session.enter(), either)) {
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
						? `openvpn does not answer at ${path}: is another manager attached?`
						: `nothing listens at ${path}: is openvpn running, with its management socket there?`,
				),
			);
		} finally {
			timer.cancel();
		}
	}

	private constructor(
		socket: Socket,
		private readonly clock: Clock,
		clean: (line: string) => string,
	) {
		this.connection = new ManagementConnection(
			socket,
			{
				onNotice: (notice) => {
					this.onNotice(notice);
				},
				onGarbage: () => {
					this.end({ type: 'garbage' });
					this.connection.destroy();
				},
				onEnd: () => {
					this.end({ type: 'exited', output: [] });
				},
			},
			clean,
		);
	}

	/** Sends commands; an error in an answer is told to the listener. */
	send(commands: readonly string[]): void {
		for (const command of commands) {
			if (command === 'hold release') {
				this.held = false;
			}
			void this.connection.send(command).then(({ ok, lines }) => {
				const isSecret = /^(?:username|password) /.test(command);
				if (!ok && this.alive) {
					this.listener?.({
						type: 'command-failed',
						told: isSecret ? 'a credential' : `${command}: ${lines[0]}`,
					});
				}
			});
		}
	}

	/** Leaves, and gives openvpn its own pacing back. A link stays up. True where openvpn has said that it has it. */
	async leave(): Promise<boolean> {
		if (!this.alive) {
			return false;
		}
		this.listener = undefined;
		const done = new AbortController();
		// Also where it is not known to hold: it may be about to.
		const farewell = Promise.all([
			this.connection.send('hold off'),
			this.connection.send('hold release'),
		]);
		const replies = await Promise.race([
			farewell,
			wait(this.clock, FAREWELL_MS, done.signal).catch(() => undefined),
		]);
		done.abort();
		this.alive = false;
		this.connection.finish();
		return replies?.every(({ ok }) => ok) ?? false;
	}

	/** Leaves without a word. */
	cut(): void {
		this.alive = false;
		this.listener = undefined;
		this.connection.destroy();
	}

	/**
	 * Waits for the greeting, asks to be told everything, and catches up with what was before. False where
	 * openvpn went away over it.
	 */
	private async enter(): Promise<boolean> {
		if (!(await this.greeted.promise)) {
			return false;
		}
		const switches = [
			'state on',
			'log on',
			'echo on',
			'hold on',
			`bytecount ${BYTECOUNT_SECONDS}`,
		];
		const [state, echoes] = await Promise.all([
			this.connection.send('state', 'block'),
			this.connection.send('echo all', 'block'),
			...switches.map((command) => this.connection.send(command)),
		]);
		if (!this.alive) {
			return false;
		}
		this.state ??= state.lines.map(parseState).at(-1);
		const told = echoes.lines
			.map(parseEcho)
			.filter((echo) => echo !== undefined);
		// They pile up over reconnects: those of the last one count.
		this.echoes = told.filter(({ at }) => at === told.at(-1)?.at);
		return true;
	}

	private onNotice(notice: Notice): void {
		switch (notice.type) {
			case 'greeting':
				if (notice.version < OLDEST_VERSION) {
					this.greeted.reject(
						new DialError(tooOld(`management interface ${notice.version}`)),
					);
				}
				this.greeted.resolve(true);
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
			default:
		}
		this.listener?.(notice);
	}

	private end(event: AttemptEvent): void {
		this.alive = false;
		if (event.type === 'garbage') {
			this.greeted.reject(
				new DialError(
					outcome(
						'transport-failed',
						'what answers on the management socket is not openvpn',
					),
				),
			);
		}
		this.greeted.resolve(false);
		this.listener?.(event);
	}
}

/** Connects, and tries again while nobody is there. */
async function connectTo(
	path: string,
	clock: Clock,
	signal: AbortSignal,
): Promise<Socket> {
	for (;;) {
		signal.throwIfAborted();
		const socket = await tryConnect(path);
		if (socket) {
			return socket;
		}
		await wait(clock, ASK_AGAIN_MS, signal);
	}
}

/** Undefined where nobody listens (yet); a unix socket answers at once. */
function tryConnect(path: string): Promise<Socket | undefined> {
	return new Promise((resolve, reject) => {
		const socket = connect(path);
		socket.once('connect', () => {
			socket.removeAllListeners('error');
			resolve(socket);
		});
		socket.once('error', (cause: NodeJS.ErrnoException) => {
			if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
				resolve(undefined);
				return;
			}
			reject(
				new DialError(
					outcome(
						'openvpn-failed',
						`the management socket ${path} cannot be used: ${cause.message}`,
						{ cause },
					),
				),
			);
		});
	});
}
