import { existsSync } from 'node:fs';

import type { Clock } from '../../runtime/index.js';
import type {
	DialRequest,
	EngageRequest,
	Link,
	Transport,
} from '../../transport.js';

import { AttachSign, signPath } from './attach-sign.js';
import { AttachedSeat } from './attached-seat.js';
import { dialAttached } from './attached-attempt.js';
import { AttachedSession } from './attached-session.js';
import { nameOf, type Protocol } from './common-options.js';
import { connectToManagement } from './management-address.js';
import type { ManagementAddress } from './management-address.js';
import { withoutSecret } from './management-connection.js';
import {
	checkAttached,
	type AttachedOpenvpnOptions,
	type AttachedSettings,
} from './attached-options.js';
import { credentialsProblem } from './quote.js';
import { SilentNode } from './silent-node.js';

/**
 * An openvpn that somebody else runs, driven by its management socket: each attempt is released, and how
 * it ended is read, but its process is never touched and its node is its own.
 */
export class AttachedOpenvpn implements Transport {
	readonly name: string;
	readonly carrier: Protocol | undefined;
	readonly handover = 'break-before-make';
	readonly needsNode = false;
	#session: AttachedSession | undefined;
	#engaged: EngageRequest | undefined;
	#seat: AttachedSeat | undefined;
	#clean = withoutSecret(undefined);
	/** The one of the last attempt: openvpn keeps what it was given, also when it has become another. */
	#key: string | undefined;
	readonly #silent = new SilentNode();

	readonly #options: AttachedOpenvpnOptions;

	constructor(options: AttachedOpenvpnOptions) {
		this.#options = options;

		this.name = nameOf(options);
		this.carrier = options.protocol;
	}

	validate(): void {
		checkAttached(this.#options);
	}

	/** A link that is already up is taken as it is. */
	async dial(request: DialRequest): Promise<Link> {
		const settings = checkAttached(this.#options);
		const { signal, device, runtime } = request;
		signal.throwIfAborted();
		const startMs = runtime.clock.monotonicMs();
		const { deadlineMs, connectDeadlineMs = deadlineMs } = request;
		const session = await this.#enter(settings, request);
		const tookMs = runtime.clock.monotonicMs() - startMs;
		return await dialAttached(
			{
				session,
				settings,
				transport: this.name,
				credentials:
					credentialsProblem(device.uuid, device.key) === undefined
						? { uuid: device.uuid, key: device.key! }
						: undefined,
				livenessMs: this.#silent.livenessMs(request.livenessMs),
				silence: this.#silent.listener('the node', request),
				clock: runtime.clock,
				warn: request.warn,
				onConnected: request.onConnected,
				release: () => this.release(),
			},
			{
				connectDeadlineMs: connectDeadlineMs - tookMs,
				deadlineMs: deadlineMs - tookMs,
				signal,
			},
		);
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
		settings: AttachedSettings,
		request: DialRequest,
	): Promise<AttachedSession> {
		const { runtime, deadlineMs, signal, device } = request;
		// Whoever listens there answers at once; waiting for longer is no place in a queue.
		const withinMs = request.connectDeadlineMs ?? deadlineMs;
		this.#clean = withoutSecret(device.key);
		if (this.#engaged) {
			this.#seat ??= this.#newSeat(this.#engaged);
			return this.#withKey(await this.#seat.take(withinMs, signal), device.key);
		}
		if (!this.#session?.alive) {
			this.#session = await this.#open(
				settings,
				runtime.clock,
				withinMs,
				signal,
			);
		}
		return this.#withKey(this.#session, device.key);
	}

	#withKey(session: AttachedSession, key: string | undefined): AttachedSession {
		if (key !== this.#key) {
			if (this.#key !== undefined) {
				session.forgetPasswords();
			}
			this.#key = key;
		}
		return session;
	}

	#newSeat({ runtime, onLink, warn }: EngageRequest): AttachedSeat {
		const settings = checkAttached(this.#options);
		const { attach, address } = settings;
		const { clock } = runtime;
		return new AttachedSeat({
			clock,
			// Beside a port there is no place for one.
			sign: 'path' in address ? new AttachSign(address.path) : undefined,
			isThere: () => !('path' in address) || existsSync(address.path),
			isListening: () => isListening(address),
			open: (deadlineMs, signal) =>
				this.#open(settings, clock, deadlineMs, signal),
			onLink,
			onProblem: ({ message }) => {
				warn?.(
					`The sign ${signPath(attach)} cannot be written (${message}): the host will take openvpn for abandoned.`,
				);
			},
		});
	}

	async #open(
		{ address, attach, passwordFile }: AttachedSettings,
		clock: Clock,
		deadlineMs: number,
		signal: AbortSignal,
	): Promise<AttachedSession> {
		return await AttachedSession.open(
			{
				address,
				name: attach,
				passwordFile,
				clock,
				// A session outlasts attempts, and with them keys.
				clean: (line) => this.#clean(line),
			},
			deadlineMs,
			signal,
		);
	}
}

/** Whether anybody listens there. */
function isListening(address: ManagementAddress): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connectToManagement(address);
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', ({ code }: NodeJS.ErrnoException) => {
			resolve(code !== 'ENOENT' && code !== 'ECONNREFUSED');
		});
	});
}
