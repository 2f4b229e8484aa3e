import * as http from 'node:http';
import type { Duplex } from 'node:stream';

import { WebSocketServer } from 'ws';

import {
	LONGEST_MESSAGE_BYTES,
	WebSocketDuplex,
} from '../../transports/native/ws-duplex.js';
import type {
	Arrival,
	CarrierHost,
	Connection,
	NodeCarrier,
} from './carrier.js';
import type { NodeFaults } from './faults.js';
import { Gate } from './gate.js';
import { MockLink } from './link.js';
import type { MockSettings } from './options.js';
import type { Registry } from './registry.js';
import { credentials, malformed, refuse, type Refusal } from './upgrade.js';

/** A node that drains takes nobody: there are others. */
const DRAINING: Refusal = {
	status: 503,
	headers: { 'Cloudlink-Go-Elsewhere': '1' },
};

/** A device that has come has this long to become a link. */
const HANDSHAKE_LIMIT_MS = 30_000;
const WELCOMED = Symbol('welcomed');

const GOING_AWAY = 1001;
const SERVICE_RESTART = 1012;

/** What a node is doing. A draining one serves the links it has and takes no new ones. */
export type NodeState = 'up' | 'draining' | 'down';

/** One node: what its carriers bring is limited, authenticated, and becomes links. */
export class Node implements CarrierHost {
	readonly address: string;
	readonly port: number;
	readonly links = new Set<MockLink>();
	readonly #settings: MockSettings;
	readonly #registry: Registry;
	readonly #http: http.Server;
	readonly #webSockets: WebSocketServer;
	/** By the stream that a request came on. */
	readonly #connections = new WeakMap<Duplex, Connection>();
	#carriers: Partial<Record<'tcp' | 'udp', NodeCarrier>> = {};
	#gate: Gate;
	#state: NodeState = 'down';
	#stopped = false;
	#cancelDrain: (() => void) | undefined;

	constructor(port: number, settings: MockSettings, registry: Registry) {
		this.port = port;
		this.address = `127.0.0.1:${port}`;
		this.#settings = settings;
		this.#registry = registry;
		this.#gate = new Gate(settings, registry);
		// Neither listens: the carriers bring the connections.
		this.#http = http.createServer((_request, response) => {
			response.writeHead(426, { Upgrade: 'websocket' }).end();
		});
		this.#http.on('upgrade', this.#onUpgrade);
		this.#webSockets = new WebSocketServer({
			noServer: true,
			clientTracking: false,
			perMessageDeflate: false,
			maxPayload: LONGEST_MESSAGE_BYTES,
		});
		this.#webSockets.on('headers', this.#addHints);
	}

	get state(): NodeState {
		return this.#state;
	}

	/** Gives it the ways in which devices reach it. Called once. */
	use(carriers: Record<'tcp' | 'udp', NodeCarrier>): void {
		this.#carriers = carriers;
	}

	async start(): Promise<void> {
		this.#state = 'up';
		await this.#forEachCarrier((carrier) => carrier.open());
	}

	async setFault({ tcp, udp }: NodeFaults): Promise<void> {
		if (tcp !== undefined) {
			await this.#carriers.tcp?.setFault(tcp);
		}
		if (udp !== undefined) {
			await this.#carriers.udp?.setFault(udp);
		}
	}

	async crash(): Promise<void> {
		this.#cancelDrain?.();
		this.#state = 'down';
		const ends = [...this.links].map((link) => link.closed);
		await this.#forEachCarrier((carrier) => carrier.crash());
		await Promise.all(ends);
	}

	/** Comes back after a crash, or, if it is up, tells its links that it restarts; its gate is fresh. */
	async restart(): Promise<void> {
		if (this.#stopped) {
			return;
		}
		this.#cancelDrain?.();
		for (const link of this.links) {
			link.close(SERVICE_RESTART);
		}
		this.#gate = new Gate(this.#settings, this.#registry);
		await this.start();
	}

	/**
	 * Tells the links to go, and takes no new ones; what is left at the deadline is closed, and the node
	 * serves again, as one that was replaced in place. Resolves when every link was told, or is past the deadline.
	 */
	async drain(deadlineMs: number): Promise<void> {
		if (this.#state !== 'up') {
			return;
		}
		this.#state = 'draining';
		const links = [...this.links];
		const over = new Promise<void>((resolve) => {
			const timer = this.#settings.clock.setTimer(deadlineMs, () => {
				this.#cancelDrain = undefined;
				this.#state = 'up';
				for (const link of links) {
					link.close(GOING_AWAY);
				}
				resolve();
			});
			this.#cancelDrain = () => {
				this.#cancelDrain = undefined;
				timer.cancel();
				resolve();
			};
		});
		const hints = { drainDeadlineSeconds: deadlineMs / 1000 };
		const told = Promise.all(
			links.map(async (link) => {
				if ((await link.tell(hints)) !== 204) {
					link.goaway(0, hints);
				}
			}),
		);
		// A link that passes nothing cannot be told.
		await Promise.race([told, over]);
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		this.#cancelDrain?.();
		this.#state = 'down';
		const ends = [...this.links].map((link) => {
			link.destroy();
			return link.closed;
		});
		await this.#forEachCarrier((carrier) => carrier.close());
		await Promise.all(ends);
	}

	judge(carrier: Connection['carrier']): Arrival {
		return this.#gate.judge(carrier);
	}

	serve(connection: Connection): void {
		const { stream } = connection;
		this.#connections.set(stream, connection);
		const timer = this.#settings.clock.setTimer(HANDSHAKE_LIMIT_MS, () => {
			stream.destroy();
		});
		const cancel = () => {
			timer.cancel();
		};
		stream.once('close', cancel);
		stream.once(WELCOMED, cancel);
		this.#http.emit('connection', stream);
	}

	readonly #onUpgrade = (
		request: http.IncomingMessage,
		stream: Duplex,
		head: Buffer,
	) => {
		void this.#welcome(request, stream, head);
	};

	async #welcome(
		request: http.IncomingMessage,
		stream: Duplex,
		head: Buffer,
	): Promise<void> {
		const connection = this.#connections.get(stream)!;
		const who = credentials(request);
		if (who) {
			this.#registry.countDevice(who.uuid, 'attempts');
		}
		const refusal =
			connection.answer ??
			malformed(request) ??
			(this.#state === 'draining' ? DRAINING : undefined);
		if (refusal) {
			refuse(stream, refusal);
			return;
		}
		const known = who !== undefined && (await this.#isKnown(who.uuid, who.key));
		if (stream.destroyed || this.#state === 'down') {
			stream.destroy();
			return;
		}
		if (!known) {
			this.#registry.count('rejected');
			refuse(stream, { status: 401 });
			return;
		}
		// Not before: names that anybody can make up would push honest devices back.
		const throttled = this.#gate.refusal(connection.carrier, who.uuid);
		if (throttled) {
			refuse(stream, throttled);
			return;
		}
		this.#webSockets.handleUpgrade(request, stream, head, (ws) => {
			stream.emit(WELCOMED);
			this.#registry.count('accepted');
			this.#registry.countDevice(who.uuid, 'accepted');
			const link = new MockLink(
				who.uuid,
				connection,
				ws,
				new WebSocketDuplex(ws),
			);
			this.links.add(link);
			this.#registry.add(link);
			void link.closed.then(() => {
				this.links.delete(link);
				this.#registry.remove(link);
			});
		});
	}

	async #isKnown(uuid: string, key: string): Promise<boolean> {
		try {
			return await this.#settings.authenticate(uuid, key);
		} catch {
			return false;
		}
	}

	readonly #addHints = (headers: string[]) => {
		const windowMs = this.#settings.reconnectWindowMs;
		if (windowMs !== undefined) {
			headers.push(`Cloudlink-Reconnect-Window: ${windowMs / 1000}`);
		}
	};

	async #forEachCarrier(
		action: (carrier: NodeCarrier) => Promise<void>,
	): Promise<void> {
		await Promise.all(Object.values(this.#carriers).map(action));
	}
}
