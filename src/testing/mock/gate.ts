import { LoginGate, type Admission } from '../../operator/index.js';
import type { Arrival, Connection } from './carrier.js';
import type { MockSettings, Throttle } from './options.js';
import type { Registry } from './registry.js';
import type { Refusal } from './upgrade.js';

type Carrier = Connection['carrier'];

/** The limiter of one node, in front of both carriers, and what it has those told whom it turns away. */
export class Gate {
	readonly #settings: MockSettings;
	readonly #registry: Registry;
	readonly #limiter: LoginGate;

	constructor(settings: MockSettings, registry: Registry) {
		this.#settings = settings;
		this.#registry = registry;
		const { acceptRatePerSecond: perSecond, burst, clock } = settings;
		this.#limiter = new LoginGate({ perSecond, burst, clock });
	}

	/** A device has come, and nothing is known of it. */
	judge(carrier: Carrier): Arrival {
		this.#registry.count('attempts');
		const { throttle } = this.#settings;
		if (!asksOnArrival(throttle, carrier) || this.#admit().admitted) {
			return 'serve';
		}
		if (throttle === 'reset') {
			return 'drop';
		}
		return {
			busySeconds:
				typeof throttle === 'object' ? throttle.retryAfterSeconds : undefined,
		};
	}

	/** A device whose key was right asks for an upgrade. Undefined: it may have it. */
	refusal(carrier: Carrier, uuid: string): Refusal | undefined {
		const { throttle } = this.#settings;
		if (asksOnArrival(throttle, carrier)) {
			return undefined;
		}
		const admission = this.#admit(throttle === 'slots' ? uuid : undefined);
		if (admission.admitted) {
			return undefined;
		}
		if (throttle === 'refuse') {
			return { status: 503 };
		}
		// To the millisecond, so that a test can tell one place from the next; a real node says whole seconds (`httpAnswer`).
		const seconds =
			typeof throttle === 'object'
				? throttle.retryAfterSeconds
				: Math.ceil(admission.retryAfterSeconds * 1000) / 1000;
		return { status: 429, headers: { 'Retry-After': String(seconds) } };
	}

	#admit(uuid?: string): Admission {
		const admission = this.#limiter.admit(uuid);
		if (!admission.admitted) {
			this.#registry.count('throttled');
		}
		return admission;
	}
}

/** Whether the limiter is asked at once; else at the upgrade: a slot needs a uuid, a status HTTP. */
function asksOnArrival(throttle: Throttle, carrier: Carrier): boolean {
	return throttle === 'reset' || (carrier === 'udp' && throttle !== 'slots');
}
