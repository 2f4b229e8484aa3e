import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';

import { systemClock, systemRandom } from '../../runtime/index.js';
import {
	listenUdp,
	type Admission,
	type UdpListener,
} from '../../transports/udp/node/index.js';
import type { NodeCarrier } from './carrier.js';
import type { CarrierFault } from './faults.js';
import type { CarrierOptions } from './tcp-carrier.js';
import { Wire } from './wire.js';
import { Wires } from './wires.js';

const FLEET_ON_LOOPBACK = {
	halfOpen: 20_000,
	halfOpenPerAddress: 20_000,
	questionsPerPrefix: 100_000,
};

/** Devices that come by UDP. Faults of the path hit the datagrams, others what is inside TLS. */
export class UdpCarrier implements NodeCarrier {
	readonly #options: CarrierOptions;
	readonly #wires: Wires;
	/** Kept over a crash, so that devices learn of it when the node is back. */
	readonly #secret = randomBytes(32);
	#open = false;
	#closed = false;
	#listener: UdpListener | undefined;
	/** Changes of the listener, one after the other. */
	#change: Promise<void> = Promise.resolve();

	constructor(options: CarrierOptions) {
		this.#options = options;
		this.#wires = new Wires('udp', options.clock);
	}

	async open(): Promise<void> {
		this.#open = true;
		await this.#adjustListener();
	}

	/** Falls silent, and forgets. The socket stays, since ICMP would tell the devices at once. */
	async crash(): Promise<void> {
		this.#open = false;
		await this.#adjustListener();
		this.#listener?.cut();
		await this.#wires.closeAll();
	}

	async close(): Promise<void> {
		this.#closed = true;
		await this.#wires.closeAll();
		await this.#change;
		await this.#listener?.close();
		this.#listener = undefined;
	}

	async setFault(fault: CarrierFault): Promise<void> {
		this.#wires.setFault(fault);
		await this.#adjustListener();
	}

	/** Makes the listener what it has to be now; resolves once it is. */
	async #adjustListener(): Promise<void> {
		this.#change = this.#change.then(async () => {
			const { fault } = this.#wires;
			if (this.#closed) {
				return;
			}
			if (this.#open && fault === 'refuse') {
				await this.#listener?.crash();
				this.#listener = undefined;
				return;
			}
			this.#listener ??= await this.#listen();
			this.#listener.mute(
				!this.#open || fault === 'blackhole' || fault === 'mute',
			);
		});
		await this.#change;
	}

	async #listen(): Promise<UdpListener> {
		const { port, certificate } = this.#options;
		return await listenUdp({
			host: '127.0.0.1',
			port,
			tls: certificate,
			// Retransmission and pacing are real, as the sockets are.
			runtime: { clock: systemClock, random: systemRandom },
			// A whole fleet has one address here; the limiter in front of both carriers is what counts.
			limits: FLEET_ON_LOOPBACK,
			admit: () => this.#admit(),
			secret: this.#secret,
			onSession: (session, _remote, loggedIn) => {
				// The mock counts logins itself, and its fleet has one address.
				loggedIn();
				this.#onSession(session);
			},
		});
	}

	#admit(): Admission {
		const arrival = this.#options.host.judge('udp');
		if (arrival === 'serve') {
			return 'accept';
		}
		if (arrival === 'drop') {
			return 'silent';
		}
		const { busySeconds } = arrival;
		return busySeconds === undefined ? 'busy' : { busySeconds };
	}

	#onSession(session: Duplex): void {
		const wire = new Wire(session, () => {
			session.destroy();
		});
		this.#wires.add(wire);
		this.#wires.greet(wire, () => {
			this.#options.host.serve(this.#wires.connection(wire, wire));
		});
	}
}
