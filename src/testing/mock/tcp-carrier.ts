import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';

import type { Clock } from '../../runtime/index.js';
import { resetSocket } from '../../tunnel/pump.js';
import type { Certificate } from '../certificates.js';
import { BlockedListener } from './blocked-listener.js';
import type { CarrierHost, NodeCarrier } from './carrier.js';
import { listenerFor, type CarrierFault } from './faults.js';
import { Wire } from './wire.js';
import { Wires } from './wires.js';

/** A whole herd may dial at once; the kernel gives less where it must. */
const BACKLOG = 4096;

type Listener =
	| { readonly kind: 'open'; readonly server: net.Server }
	| { readonly kind: 'blocked'; readonly listener: BlockedListener }
	| { readonly kind: 'closed' };

const CLOSED: Listener = { kind: 'closed' };

export interface CarrierOptions {
	readonly port: number;
	readonly certificate: Certificate;
	readonly host: CarrierHost;
	readonly clock: Clock;
}

/** Devices that come by TCP, with TLS or without. */
export class TcpCarrier implements NodeCarrier {
	readonly #options: CarrierOptions & { readonly tls: boolean };
	readonly #wires: Wires;
	#open = false;
	#listener = CLOSED;
	/** Changes of the listener, one after the other. */
	#change: Promise<void> = Promise.resolve();

	constructor(options: CarrierOptions & { readonly tls: boolean }) {
		this.#options = options;
		this.#wires = new Wires('tcp', options.clock);
	}

	async open(): Promise<void> {
		this.#open = true;
		await this.#adjustListener();
	}

	async crash(): Promise<void> {
		this.#open = false;
		this.#wires.resetAll();
		await this.#adjustListener();
	}

	async close(): Promise<void> {
		this.#open = false;
		await this.#adjustListener();
		await this.#wires.closeAll();
	}

	async setFault(fault: CarrierFault): Promise<void> {
		this.#wires.setFault(fault);
		await this.#adjustListener();
	}

	/** Makes the listener what it has to be now; resolves once it is. */
	async #adjustListener(): Promise<void> {
		this.#change = this.#change.then(async () => {
			const wanted = this.#open ? listenerFor(this.#wires.fault) : 'closed';
			if (this.#listener.kind !== wanted) {
				await this.#closeListener();
				this.#listener = await this.#makeListener(wanted);
			}
		});
		await this.#change;
	}

	async #makeListener(kind: Listener['kind']): Promise<Listener> {
		const { port } = this.#options;
		switch (kind) {
			case 'closed':
				return CLOSED;
			case 'blocked':
				return { kind, listener: await BlockedListener.open(port) };
			case 'open': {
				const server = net.createServer({ allowHalfOpen: true }, this.#accept);
				server.listen({ port, host: '127.0.0.1', backlog: BACKLOG });
				await once(server, 'listening');
				return { kind, server };
			}
		}
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
		socket.setNoDelay();
		const wire = new Wire(socket, () => {
			resetSocket(socket);
		});
		this.#wires.add(wire);
		if (this.#options.host.judge('tcp') === 'serve') {
			this.#wires.greet(wire, () => {
				this.#welcome(wire);
			});
		} else {
			wire.reset();
		}
	};

	#welcome(wire: Wire): void {
		const { tls: secure, certificate, host } = this.#options;
		if (!secure) {
			host.serve(this.#wires.connection(wire, wire));
			return;
		}
		// A server for each connection: the only documented way to know which secure socket is whose.
		const server = tls.createServer({ ...certificate });
		server.on('secureConnection', (socket) => {
			host.serve(this.#wires.connection(wire, socket));
		});
		server.on('tlsClientError', () => wire.destroy());
		server.emit('connection', wire);
	}
}
