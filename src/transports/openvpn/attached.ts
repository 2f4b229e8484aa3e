import type { DialRequest, Link, TransportName } from '../../transport.js';

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

	async release(): Promise<void> {
		const session = this.#session;
		this.#session = undefined;
		await session?.leave();
	}

	async #enter(
		{ attach }: AttachedSettings,
		{ runtime, deadlineMs, signal, device }: DialRequest,
	): Promise<AttachedSession> {
		if (!this.#session?.alive) {
			this.#session = await AttachedSession.open(
				attach,
				runtime.clock,
				deadlineMs,
				signal,
				withoutSecret(device.key),
			);
		}
		return this.#session;
	}
}
