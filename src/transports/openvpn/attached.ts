import type {
	DialRequest,
	Link,
	Transport,
	TransportName,
} from '../../transport.js';

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
export class AttachedOpenvpn implements Transport {
	readonly name: TransportName;
	readonly handover = 'break-before-make';
	readonly needsNode = false;
	#session: AttachedSession | undefined;
	/** The one of the last attempt: openvpn keeps what it was given, also when it has become another. */
	#key: string | undefined;

	constructor(private readonly options: AttachedOpenvpnOptions) {
		this.name = options.protocol === 'udp' ? 'openvpn-udp' : 'openvpn-tcp';
	}

	validate(): void {
		checkAttached(this.options);
	}

	/** A link that is already up is taken as it is. */
	async dial(request: DialRequest): Promise<Link> {
		const settings = checkAttached(this.options);
		const { signal, device, runtime } = request;
		signal.throwIfAborted();
		const startMs = runtime.clock.monotonicMs();
		const { deadlineMs, connectDeadlineMs = deadlineMs } = request;
		const session = await this.#enter(settings, request);
		const attempt = new AttachedAttempt({
			session,
			settings,
			transport: this.name,
			credentials:
				credentialsProblem(device.uuid, device.key) === undefined
					? { uuid: device.uuid, key: device.key! }
					: undefined,
			livenessMs: request.livenessMs,
			clock: runtime.clock,
			warn: request.warn,
			release: () => this.release(),
		});
		const tookMs = runtime.clock.monotonicMs() - startMs;
		return await attempt.dial({
			connectDeadlineMs: connectDeadlineMs - tookMs,
			deadlineMs: deadlineMs - tookMs,
			signal,
		});
	}

	async release(): Promise<void> {
		const session = this.#session;
		this.#session = undefined;
		await session?.leave();
	}

	async #enter(
		{ attach, address, passwordFile }: AttachedSettings,
		request: DialRequest,
	): Promise<AttachedSession> {
		const { runtime, deadlineMs, signal, device } = request;
		if (!this.#session?.alive) {
			this.#session = await AttachedSession.open(
				{
					address,
					name: attach,
					passwordFile,
					clock: runtime.clock,
					livenessMs: request.livenessMs,
					clean: withoutSecret(device.key),
				},
				request.connectDeadlineMs ?? deadlineMs,
				signal,
			);
		} else if (device.key !== this.#key) {
			this.#session.forgetPasswords();
		}
		this.#key = device.key;
		return this.#session;
	}
}
