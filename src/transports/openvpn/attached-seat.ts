import { debugLog } from '../../debug.js';
import { toError } from '../../errors.js';
import { wait, type Clock } from '../../runtime/index.js';

import type { AttachSign } from './attach-sign.js';
import type { AttachedSession } from './attached-session.js';

const debug = debugLog('cloudlink:transport:openvpn');

/** How often the sign is renewed, and a seat that was lost is asked for. */
export const LOOK_MS = 5000;

/** Openvpn answers late while a SYN is out, but not later than this; then another manager has the seat. */
const ANSWER_MS = 6000;

export interface SeatOptions {
	readonly clock: Clock;
	/** Absent where the management interface is no file. */
	readonly sign: AttachSign | undefined;
	/** Whether there may be a management interface. */
	readonly isThere: () => boolean;
	/** Whether anybody listens there. Not to be asked before an opening: openvpn takes a while to see that one who asked has gone. */
	readonly isListening: () => Promise<boolean>;
	/** Takes the seat. Rejects with a DialError at the deadline, or with the signal's reason. */
	readonly open: (
		deadlineMs: number,
		signal: AbortSignal,
	) => Promise<AttachedSession>;
	/** Openvpn has a link that no attempt of ours made. */
	readonly onLink: () => void;
	/** The sign cannot be written. Told once until it works again. */
	readonly onProblem: (problem: Error) => void;
}

/**
 * Keeps the one seat at the management socket from the agent's start to its stop: through waits of hours, and when
 * openvpn is restarted meanwhile. Without it openvpn would dial by itself, or be taken for abandoned by the host.
 */
export class AttachedSeat {
	#session: AttachedSession | undefined;
	readonly #options: SeatOptions;
	readonly #end = new AbortController();
	readonly #loop: Promise<void>;
	/** The loop's own opening of the seat: an attempt takes its place. */
	#opening: { abort: AbortController; done: Promise<unknown> } | undefined;
	#dials = 0;
	#hasProblem = false;

	constructor(options: SeatOptions) {
		this.#options = options;
		this.#loop = this.#keep().catch(() => undefined);
	}

	/** The session for an attempt: the one that is there, or one that is opened now. */
	async take(
		deadlineMs: number,
		signal: AbortSignal,
	): Promise<AttachedSession> {
		this.#dials++;
		try {
			this.#opening?.abort.abort();
			await this.#opening?.done;
			if (!this.#session?.alive) {
				this.#session = await this.#options.open(deadlineMs, signal);
			}
			this.#renew();
			return this.#session;
		} finally {
			this.#dials--;
		}
	}

	/**
	 * Gives openvpn its own pacing back. The sign goes only where openvpn has said that it has it: else the host's helper
	 * has to see to it.
	 */
	async leave(): Promise<void> {
		this.#end.abort();
		await this.#loop;
		const wasFreed = await this.#session?.leave();
		this.#session = undefined;
		if (wasFreed) {
			this.#try(() => {
				this.#options.sign?.remove();
			});
		}
	}

	async #keep(): Promise<void> {
		const { signal } = this.#end;
		while (!signal.aborted) {
			await this.#look();
			await wait(this.#options.clock, LOOK_MS, signal);
		}
	}

	async #look(): Promise<void> {
		const { isThere, isListening, onLink } = this.#options;
		if (this.#dials === 0 && !this.#session?.alive && isThere()) {
			await this.#open();
		}
		const session = this.#session;
		if (session?.alive) {
			this.#renew();
			if (!session.listener && session.state?.name === 'CONNECTED') {
				onLink();
			}
		} else if (!isThere() || !(await isListening())) {
			// Openvpn is being restarted, or off: nobody is kept from anything, and its next start shall wait for us.
			this.#renew();
		}
	}

	async #open(): Promise<void> {
		const abort = new AbortController();
		const either = AbortSignal.any([abort.signal, this.#end.signal]);
		const done = this.#options.open(ANSWER_MS, either).then(
			(session) => {
				this.#session = session;
			},
			(thrown: unknown) => {
				debug('no seat: %s', toError(thrown).message);
			},
		);
		this.#opening = { abort, done };
		await done;
		this.#opening = undefined;
	}

	#renew(): void {
		this.#try(() => {
			this.#options.sign?.renew();
		});
	}

	#try(write: () => void): void {
		try {
			write();
			this.#hasProblem = false;
		} catch (thrown) {
			// No folder: the host has no drop-in, so nothing there looks for a sign.
			const isNoFolder = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
			if (!this.#hasProblem && !isNoFolder) {
				this.#hasProblem = true;
				this.#options.onProblem(toError(thrown));
			}
		}
	}
}
