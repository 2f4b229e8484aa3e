import { once } from 'node:events';
import * as net from 'node:net';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';

import type { Clock } from '../../runtime/index.js';
import { BlockedListener } from './blocked-listener.js';
import type { CarrierHost, NodeCarrier } from './carrier.js';
import type { Certificate } from '../certificates.js';
import { listenerFor, type CarrierFault } from './faults.js';
import type { Refusal } from './upgrade.js';
import { Wire } from './wire.js';

/** What a device that expects a Cloudlink node does not expect. */
const GARBAGE = Buffer.from('SSH-2.0-OpenSSH_9.6\r\n');
/** No WebSocket frame begins so (all reserved bits set), and no TLS record. */
const GARBAGE_ON_A_LINK = Buffer.alloc(64, 0xff);

type Listener =
	| { readonly kind: 'open'; readonly server: net.Server }
	| { readonly kind: 'blocked'; readonly listener: BlockedListener }
	| { readonly kind: 'closed' };

const CLOSED: Listener = { kind: 'closed' };

/** Devices that come by TCP, with TLS or without. */
export class TcpCarrier implements NodeCarrier {
	readonly #port: number;
	readonly #certificate: Certificate | undefined;
	readonly #host: CarrierHost;
	readonly #clock: Clock;
	readonly #wires = new Set<Wire>();
	#fault: CarrierFault = null;
	#open = false;
	#listener = CLOSED;
	/** Changes of the listener, one after the other. */
	#change: Promise<void> = Promise.resolve();

	constructor(options: {
		port: number;
		certificate: Certificate | undefined;
		host: CarrierHost;
		clock: Clock;
	}) {
		this.#port = options.port;
		this.#certificate = options.certificate;
		this.#host = options.host;
		this.#clock = options.clock;
	}

	async open(): Promise<void> {
		this.#open = true;
		await this.#adjustListener();
	}

	async crash(): Promise<void> {
		this.#open = false;
		this.#resetAll();
		await this.#adjustListener();
	}

	async close(): Promise<void> {
		this.#open = false;
		await this.#adjustListener();
		const closes = [...this.#wires].map(
			(wire) => new Promise((resolve) => wire.once('close', resolve)),
		);
		for (const wire of this.#wires) {
			wire.destroy();
		}
		await Promise.all(closes);
	}

	async setFault(fault: CarrierFault): Promise<void> {
		this.#fault = fault;
		await this.#adjustListener();
		for (const wire of this.#wires) {
			this.#hit(wire, fault);
		}
	}

	#hit(wire: Wire, fault: CarrierFault): void {
		wire.resetAfter(Infinity);
		if (fault === 'blackhole' || fault === 'mute' || fault === 'silent') {
			wire.silence();
		} else if (fault === 'refuse') {
			wire.reset();
		} else if (fault === 'garbage') {
			wire.inject(GARBAGE_ON_A_LINK);
		} else if (fault === null) {
			wire.release();
		} else if ('resetAfterBytes' in fault) {
			wire.resetAfter(fault.resetAfterBytes);
		}
	}

	#resetAll(): void {
		for (const wire of this.#wires) {
			wire.reset();
		}
	}

	/** Makes the listener what it has to be now; resolves once it is. */
	async #adjustListener(): Promise<void> {
		this.#change = this.#change.then(async () => {
			const wanted = this.#open ? listenerFor(this.#fault) : 'closed';
			if (this.#listener.kind === wanted) {
				return;
			}
			await this.#closeListener();
			if (wanted === 'open') {
				const server = net.createServer({ allowHalfOpen: true }, this.#accept);
				server.listen(this.#port, '127.0.0.1');
				await once(server, 'listening');
				this.#listener = { kind: 'open', server };
			} else if (wanted === 'blocked') {
				const listener = await BlockedListener.open(this.#port);
				this.#listener = { kind: 'blocked', listener };
			}
		});
		await this.#change;
	}

	async #closeListener(): Promise<void> {
		const listener = this.#listener;
		this.#listener = CLOSED;
		if (listener.kind === 'open') {
			// Not awaited: its callback waits for all connections to end.
			listener.server.close();
		} else if (listener.kind === 'blocked') {
			await listener.listener.close();
		}
	}

	readonly #accept = (socket: net.Socket) => {
		const wire = new Wire(socket);
		this.#wires.add(wire);
		wire.on('close', () => this.#wires.delete(wire));
		if (!this.#host.arrived()) {
			wire.reset();
			return;
		}
		const fault = this.#fault;
		if (fault === 'garbage') {
			wire.end(GARBAGE);
			wire.resume();
			return;
		}
		if (fault === 'mute' || fault === 'blackhole') {
			wire.on('end', () => wire.destroy());
			wire.resume();
			return;
		}
		if (fault !== null && typeof fault === 'object') {
			if ('resetAfterBytes' in fault) {
				wire.resetAfter(fault.resetAfterBytes);
			} else if ('slowHandshakeMs' in fault) {
				this.#after(wire, fault.slowHandshakeMs, () => {
					this.#greet(wire);
				});
				return;
			}
		}
		this.#greet(wire);
	};

	#greet(wire: Wire): void {
		if (!this.#certificate) {
			this.#serve(wire, wire);
			return;
		}
		// A server for each connection: the only documented way to know which secure socket is whose.
		const server = tls.createServer({ ...this.#certificate });
		server.on('secureConnection', (socket) => {
			this.#serve(wire, socket);
		});
		server.on('tlsClientError', () => wire.destroy());
		server.emit('connection', wire);
	}

	#serve(wire: Wire, stream: Duplex): void {
		stream.on('error', () => undefined);
		wire.on('close', () => stream.destroy());
		this.#host.serve({
			carrier: 'tcp',
			stream,
			answer: answerOf(this.#fault),
			reset: () => {
				wire.reset();
			},
			silence: () => {
				wire.silence();
			},
		});
	}

	#after(wire: Wire, delayMs: number, action: () => void): void {
		const timer = this.#clock.setTimer(delayMs, action);
		wire.once('close', () => {
			timer.cancel();
		});
	}
}

function answerOf(fault: CarrierFault): Refusal | undefined {
	return fault !== null && typeof fault === 'object' && 'status' in fault
		? fault
		: undefined;
}
