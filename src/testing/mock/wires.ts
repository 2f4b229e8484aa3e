import type { Duplex } from 'node:stream';

import type { Clock } from '../../runtime/index.js';
import type { Connection } from './carrier.js';
import type { CarrierFault } from './faults.js';
import type { Wire } from './wire.js';

/** What a device that expects a Cloudlink node does not expect. */
const GARBAGE = Buffer.from('SSH-2.0-OpenSSH_9.6\r\n');
/** No WebSocket frame begins so (all reserved bits set), and no TLS record. */
const GARBAGE_ON_A_LINK = Buffer.alloc(64, 0xff);

/** The connections of one carrier of one node, and the fault that they are under. */
export class Wires {
	readonly #carrier: Connection['carrier'];
	readonly #clock: Clock;
	readonly #wires = new Set<Wire>();
	#fault: CarrierFault = null;

	constructor(carrier: Connection['carrier'], clock: Clock) {
		this.#carrier = carrier;
		this.#clock = clock;
	}

	get fault(): CarrierFault {
		return this.#fault;
	}

	/** Sets the fault, for what is live and for what comes. */
	setFault(fault: CarrierFault): void {
		this.#fault = fault;
		for (const wire of this.#wires) {
			hit(wire, fault);
		}
	}

	add(wire: Wire): void {
		this.#wires.add(wire);
		wire.on('close', () => this.#wires.delete(wire));
	}

	/** Lets a newcomer in, unless the fault has it otherwise. */
	greet(wire: Wire, welcome: () => void): void {
		const fault = this.#fault;
		if (fault === 'garbage') {
			wire.end(GARBAGE);
			wire.resume();
		} else if (fault === 'mute' || fault === 'blackhole') {
			wire.on('end', () => wire.destroy());
			wire.resume();
		} else if (isObject(fault) && 'slowHandshakeMs' in fault) {
			const timer = this.#clock.setTimer(fault.slowHandshakeMs, welcome);
			wire.once('close', () => {
				timer.cancel();
			});
		} else {
			if (isObject(fault) && 'resetAfterBytes' in fault) {
				wire.resetAfter(fault.resetAfterBytes);
			}
			welcome();
		}
	}

	/** A wire whose device speaks HTTP on `stream` from here on. */
	connection(wire: Wire, stream: Duplex): Connection {
		stream.on('error', () => undefined);
		wire.on('close', () => stream.destroy());
		return {
			carrier: this.#carrier,
			stream,
			answer:
				isObject(this.#fault) && 'status' in this.#fault
					? this.#fault
					: undefined,
			reset: () => {
				wire.reset();
			},
			silence: () => {
				wire.silence();
			},
		};
	}

	resetAll(): void {
		for (const wire of this.#wires) {
			wire.reset();
		}
	}

	/** Resolves when none is left. */
	async closeAll(): Promise<void> {
		const closes = [...this.#wires].map(
			(wire) => new Promise((resolve) => wire.once('close', resolve)),
		);
		for (const wire of this.#wires) {
			wire.destroy();
		}
		await Promise.all(closes);
	}
}

const isObject = (fault: CarrierFault) =>
	typeof fault === 'object' && fault !== null;

/** What a fault does to a connection that is there already. */
function hit(wire: Wire, fault: CarrierFault): void {
	wire.resetAfter(Infinity);
	switch (fault) {
		case 'blackhole':
		case 'mute':
		case 'silent':
			wire.silence();
			break;
		case 'refuse':
			wire.reset();
			break;
		case 'garbage':
			wire.inject(GARBAGE_ON_A_LINK);
			break;
		case null:
			wire.release();
			break;
		default:
			if ('resetAfterBytes' in fault) {
				wire.resetAfter(fault.resetAfterBytes);
			}
	}
}
