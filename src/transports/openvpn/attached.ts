import { connect } from 'node:net';

import type { Clock } from '../../runtime/index.js';
import type {
	DialRequest,
	EngageRequest,
	Link,
	TransportName,
} from '../../transport.js';

import { AttachSign, signPath } from './attach-sign.js';
import { AttachedSeat } from './attached-seat.js';
import { AttachedAttempt } from './attached-attempt.js';
import { AttachedSession } from './attached-session.js';
import { withoutSecret } from './management-connection.js';
import {
	checkAttached,
	type AttachedOpenvpnOptions,
	type AttachedSettings,
} from './options.js';
import { credentialsProblem } from './quote.js';

/**
 * An openvpn that somebody else runs, driven by its management socket: each attempt is released, and how
 * it ended is read, but its process is never touched and its node is its own.
 */
export class AttachedOpenvpn {
	readonly name: TransportName;
	#session: AttachedSession | undefined;
	#engaged: EngageRequest | undefined;
	#seat: AttachedSeat | undefined;
	#clean = withoutSecret(undefined);

	constructor(private readonly options: AttachedOpenvpnOptions) {
		this.name = options.protocol === 'udp' ? 'openvpn-udp' : 'openvpn-tcp';
	}

	/** A link that is already up is taken as it is. */
	async dial(request: DialRequest): Promise<Link> {
		const settings = checkAttached(this.options);
		const { signal, device, runtime } = request;
		signal.throwIfAborted();
		const endsAtMs = runtime.clock.monotonicMs() + request.deadlineMs;
		const session = await this.#enter(settings, request);
		const attempt = new AttachedAttempt({
			session,
			settings,
			transport: this.name,
			credentials:
				credentialsProblem(device.uuid, device.key) === undefined
					? { uuid: device.uuid, key: device.key! }
					: undefined,
			clock: runtime.clock,
			warn: request.warn,
			release: () => this.release(),
		});
		return await attempt.dial(endsAtMs - runtime.clock.monotonicMs(), signal);
	}

	engage(request: EngageRequest): void {
		this.#engaged = request;
		this.#seat ??= this.#newSeat(request);
	}

	async release(): Promise<void> {
		const [seat, session] = [this.#seat, this.#session];
		this.#seat = undefined;
		this.#session = undefined;
		await Promise.all([seat?.leave(), session?.leave()]);
	}

	async #enter(
		{ attach }: AttachedSettings,
		{ runtime, deadlineMs, signal, device }: DialRequest,
	): Promise<AttachedSession> {
		this.#clean = withoutSecret(device.key);
		if (this.#engaged) {
			this.#seat ??= this.#newSeat(this.#engaged);
			return await this.#seat.take(deadlineMs, signal);
		}
		if (!this.#session?.alive) {
			this.#session = await this.#open(
				attach,
				runtime.clock,
				deadlineMs,
				signal,
			);
		}
		return this.#session;
	}

	#newSeat({ runtime, onLink, warn }: EngageRequest): AttachedSeat {
		const { attach } = checkAttached(this.options);
		return new AttachedSeat({
			clock: runtime.clock,
			sign: new AttachSign(attach),
			socket: attach,
			isListening: () => isListening(attach),
			open: (deadlineMs, signal) =>
				this.#open(attach, runtime.clock, deadlineMs, signal),
			onLink,
			onProblem: ({ message }) => {
				warn?.(
					`The sign ${signPath(attach)} cannot be written (${message}): the host will take openvpn for abandoned.`,
				);
			},
		});
	}

	async #open(
		path: string,
		clock: Clock,
		deadlineMs: number,
		signal: AbortSignal,
	): Promise<AttachedSession> {
		// A session outlasts attempts, and with them keys.
		const clean = (line: string) => this.#clean(line);
		return await AttachedSession.open(path, clock, deadlineMs, signal, clean);
	}
}

/** Whether anybody listens at a socket. */
function isListening(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(path);
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', ({ code }: NodeJS.ErrnoException) => {
			resolve(code !== 'ENOENT' && code !== 'ECONNREFUSED');
		});
	});
}
