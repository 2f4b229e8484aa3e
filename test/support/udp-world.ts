import { Acceptor } from '../../src/transports/udp/node/acceptor.js';
import type { AcceptorOptions } from '../../src/transports/udp/node/acceptor-options.js';
import type { Admission } from '../../src/transports/udp/node/acceptor-options.js';
import type { ConnectionOptions } from '../../src/transports/udp/connection/connection-options.js';
import { Connection } from '../../src/transports/udp/connection/connection.js';
import type { End as ConnectionEnd } from '../../src/transports/udp/connection/end.js';
import { Hello } from '../../src/transports/udp/device/hello.js';
import type { Address } from '../../src/transports/udp/wire/address.js';
import { seededRandom } from '../../src/testing/seeded-random.js';
import { CLOSE, type NextToken } from '../../src/transports/udp/wire/frames.js';
import { UdpNetwork, type Host, type PathFaults } from './udp-network.js';
import { End, seededBytes, SERVER } from './udp-pair.js';

/** What the node keeps over a restart. */
export const NODE_SECRET = Buffer.alloc(32, 'of the node');

export interface WorldOptions {
	readonly seed: string;
	readonly faults?: PathFaults | ((from: Address, to: Address) => PathFaults);
	readonly bulkBytes?: number;
	/** Whether each end says its last byte. @default true */
	readonly finishes?: boolean;
	readonly admit?: (remote: Address) => Admission;
	readonly acceptor?: Partial<AcceptorOptions>;
}

/** One device: HELLO first, then a connection. */
export class Device implements Host {
	hello: Hello;
	connection: Connection | undefined;
	end: End | undefined;
	/** How the attempt ended, if it did so before or in the connection. */
	failed: ConnectionEnd | undefined;

	constructor(
		private readonly world: World,
		readonly at: Address,
		private readonly bulkBytes: number,
		private readonly randomBytes: (bytes: number) => Buffer,
		nowMs = 0,
	) {
		this.hello = new Hello(randomBytes, nowMs);
	}

	get ended(): ConnectionEnd | undefined {
		return this.failed ?? this.connection?.ended;
	}

	receive(datagram: Buffer, from: Address, nowMs: number): void {
		if (this.connection) {
			this.connection.receive(datagram, from, nowMs);
			return;
		}
		const result = this.hello.receive(datagram, nowMs);
		if (!result || this.failed) {
			return;
		}
		if ('end' in result) {
			this.failed = result.end;
			return;
		}
		const { clientId } = this.hello;
		this.connect({ clientId, ...result.retry }, nowMs);
	}

	connect(
		ids: Pick<
			ConnectionOptions,
			| 'clientId'
			| 'serverId'
			| 'nonce'
			| 'token'
			| 'tokenSecret'
			| 'datagramBytes'
			| 'resumed'
		>,
		nowMs: number,
	): void {
		this.connection = new Connection({
			role: 'client',
			...ids,
			peer: SERVER,
			nowMs,
			random: this.world.random.fork('device'),
			randomBytes: this.randomBytes,
		});
		this.end = new End(
			this.connection,
			this.world.exported,
			this.bulkBytes,
			1,
			this.world.finishes,
		);
		this.end.start();
	}

	turn(nowMs: number): void {
		const send = (datagram: Buffer, to: Address) => {
			this.world.network.send(datagram, this.at, to);
		};
		if (this.connection) {
			this.connection.expire(nowMs);
			this.end!.turn();
			this.connection.flush(nowMs, send);
			return;
		}
		const due = this.failed ? undefined : this.hello.expire(nowMs);
		if (due && 'reason' in due) {
			this.failed = due;
		} else if (due) {
			send(due, SERVER);
		}
	}

	deadlineMs(): number {
		return (
			this.connection?.deadlineMs() ??
			(this.failed ? Infinity : this.hello.deadlineMs)
		);
	}
}

/** A node behind an {@link Acceptor}, and devices that reach it through HELLO and RETRY. */
export class World {
	readonly random;
	readonly network: UdpNetwork;
	readonly acceptor: Acceptor;
	/** The node's ends, in the order of their acceptance. */
	readonly ends: End[] = [];
	readonly exported: Buffer;
	private readonly randomBytes;
	private readonly removed = new Set<Connection>();

	constructor(private readonly options: WorldOptions) {
		this.random = seededRandom(options.seed);
		const { faults = {} } = options;
		this.network = new UdpNetwork(
			this.random.fork('network'),
			typeof faults === 'function' ? faults : () => faults,
		);
		this.randomBytes = seededBytes(this.random.fork('bytes'));
		this.exported = this.randomBytes(64);
		this.acceptor = this.makeAcceptor();
		this.network.add(SERVER, {
			receive: (datagram, from, nowMs) => {
				this.acceptor.receive(datagram, from, nowMs);
			},
			turn: (nowMs) => {
				this.turnNode(nowMs);
			},
			deadlineMs: () =>
				Math.min(
					Infinity,
					...this.live().map(({ connection }) => connection.deadlineMs()),
				),
		});
	}

	private live(): End[] {
		return this.ends.filter(
			({ connection }) => connection.deadlineMs() < Infinity,
		);
	}

	private turnNode(nowMs: number): void {
		for (const end of this.ends.filter(
			({ connection }) => !this.removed.has(connection),
		)) {
			end.connection.expire(nowMs);
			end.turn();
			end.connection.flush(nowMs, this.sendFromNode);
			if (end.connection.ended) {
				this.removed.add(end.connection);
				this.acceptor.remove(end.connection, nowMs);
			}
		}
	}

	private readonly sendFromNode = (datagram: Buffer, to: Address) => {
		this.network.send(datagram, SERVER, to);
	};

	private makeAcceptor(): Acceptor {
		return new Acceptor({
			admit: this.options.admit ?? (() => 'accept'),
			onConnection: (connection) => {
				this.ends.push(
					new End(
						connection,
						this.exported,
						this.options.bulkBytes ?? 0,
						2,
						this.options.finishes ?? true,
					),
				);
				return {
					receive: (datagram, from, nowMs) => {
						connection.receive(datagram, from, nowMs);
					},
					drop: (nowMs) => {
						connection.close(CLOSE.goingAway);
						connection.flush(nowMs, this.sendFromNode);
						this.acceptor.remove(connection, nowMs);
					},
				};
			},
			send: this.sendFromNode,
			secret: NODE_SECRET,
			random: this.random.fork('node'),
			randomBytes: this.randomBytes,
			wallMs: () => this.network.nowMs,
			nowMs: this.network.nowMs,
			...this.options.acceptor,
		});
	}

	/** A device that begins with a token from last time. */
	resumed(at: Address, { serverId, token, secret }: NextToken): Device {
		const device = this.device(at);
		const ids = { clientId: this.randomBytes(8), nonce: this.randomBytes(8) };
		device.connect(
			{ ...ids, serverId, token, tokenSecret: secret, resumed: true },
			this.network.nowMs,
		);
		return device;
	}

	get finishes(): boolean {
		return this.options.finishes ?? true;
	}

	device(at: Address = { address: '10.0.0.1', port: 1000 }): Device {
		const device = new Device(
			this,
			at,
			this.options.bulkBytes ?? 0,
			this.randomBytes,
			this.network.nowMs,
		);
		this.network.add(at, device);
		return device;
	}
}
