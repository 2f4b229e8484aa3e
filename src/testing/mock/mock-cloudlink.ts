import * as dgram from 'node:dgram';
import { once } from 'node:events';

import * as v from '../../schema.js';

import { CloudlinkError } from '../../errors.js';
import { checkOptions, durationMs } from '../../options.js';
import {
	createCertificateAuthority,
	type Certificate,
	type CertificateAuthority,
} from '../certificates.js';
import { checkFaults, type NodeFaults } from './faults.js';
import { holdPort, type HeldPort } from './held-port.js';
import type { MockLink } from './link.js';
import { Node, type NodeState } from './node.js';
import {
	mockSettings,
	type MockCloudlinkOptions,
	type MockSettings,
} from './options.js';
import { ConnectProxy } from './proxy.js';
import { Registry, type MockStats } from './registry.js';
import { TcpCarrier } from './tcp-carrier.js';
import { UdpCarrier } from './udp-carrier.js';

const drainSchema = v.strictObject({
	deadlineMs: v.optional(durationMs, 30_000),
});

/** One node, as its address and what it is doing now. */
export interface MockNode {
	/** `127.0.0.1:PORT`, the same for TCP and UDP, kept over a restart. */
	readonly address: string;
	readonly port: number;
	readonly state: NodeState;
	/** Links that it holds now. */
	readonly links: number;
}

/**
 * A Cloudlink of one or several nodes on loopback, with real sockets: what a device dials in tests and
 * on a desk. Every method may be called at any time, in any order; none is left waiting by `stop()`.
 *
 * @example
 * const mock = await MockCloudlink.start({ nodes: 2 });
 * const agent = new CloudlinkAgent({
 * 	device: { uuid: 'a1b2', key: 'secret' },
 * 	nodes: mock.nodes.map((node) => node.address),
 * 	transports: [websocket({ insecure: true })],
 * 	services: [{ port: 8080 }],
 * });
 * await agent.start();
 * await agent.waitUntilUp();
 * await mock.crash(0);
 */
export class MockCloudlink {
	/** The certificate authority of the nodes, PEM. */
	readonly ca: string;
	readonly nodes: readonly MockNode[];
	readonly #nodes: readonly Node[];
	readonly #ports: readonly HeldPort[];
	readonly #registry: Registry;
	readonly #proxy: ConnectProxy;
	#stopped: Promise<void> | undefined;

	private constructor(
		ca: string,
		nodes: readonly Node[],
		ports: readonly HeldPort[],
		registry: Registry,
	) {
		this.ca = ca;
		this.nodes = nodes.map(publicNode);
		this.#nodes = nodes;
		this.#ports = ports;
		this.#registry = registry;
		this.#proxy = new ConnectProxy(registry);
	}

	/** Starts it; resolves when all nodes and the proxy listen. Throws ERR_CLOUDLINK_INVALID_OPTION. */
	static async start(
		options: MockCloudlinkOptions = {},
	): Promise<MockCloudlink> {
		const settings = mockSettings(options);
		// By the machine's clock, as OpenSSL at the other end checks them.
		const authority = await createCertificateAuthority();
		await loadDevicesParts();
		const certificate = await certificateFor(authority, settings);
		const registry = new Registry();
		const ports: HeldPort[] = [];
		const nodes: Node[] = [];
		for (let i = 0; i < settings.nodes; i++) {
			const held = await holdPort(settings.ports?.[i] ?? 0, isFreeForUdp);
			ports.push(held);
			nodes.push(makeNode(held.port, certificate, settings, registry));
		}
		const mock = new MockCloudlink(authority.ca, nodes, ports, registry);
		try {
			await mock.#proxy.listen(settings.proxyPort ?? 0);
			await Promise.all(nodes.map((node) => node.start()));
		} catch (error) {
			await mock.stop();
			throw error;
		}
		return mock;
	}

	/** The port of the proxy on 127.0.0.1 through which the cloud reaches a device. */
	get proxyPort(): number {
		return this.#proxy.port;
	}

	/** What came and was turned away so far. */
	stats(): MockStats {
		return this.#registry.stats();
	}

	/** All live links of a device, the newest last. */
	links(uuid: string): readonly MockLink[] {
		return this.#registry.of(uuid.toLowerCase());
	}

	/** Sets or clears (null) what is wrong with a node; live links are hit too. */
	async setFault(index: number, faults: NodeFaults): Promise<void> {
		await this.#node(index).setFault(checkFaults(faults));
	}

	/** The node dies: live TCP links are reset, dials refused; UDP falls silent. */
	async crash(index: number): Promise<void> {
		await this.#node(index).crash();
	}

	/** The node comes back on its port. One that is up tells its links with a 1012 first. */
	async restart(index: number): Promise<void> {
		await this.#node(index).restart();
	}

	/**
	 * Tells the node's links to go within `deadlineMs`, and answers newcomers 503. At the deadline what is
	 * left is closed with 1001, and the node serves again, as one that was replaced in place. Resolves when
	 * every link was told.
	 *
	 * @param options.deadlineMs how long the links are served on. Default 30,000.
	 */
	async drain(
		index: number,
		options: { deadlineMs?: number } = {},
	): Promise<void> {
		const { deadlineMs } = checkOptions(
			drainSchema,
			options,
			'MockCloudlink.drain',
		);
		await this.#node(index).drain(deadlineMs);
	}

	/** Ends all; nothing of it is left when it resolves. Idempotent. */
	async stop(): Promise<void> {
		this.#stopped ??= this.#stop();
		await this.#stopped;
	}

	/** Stops it at the end of an `await using` block. */
	async [Symbol.asyncDispose](): Promise<void> {
		await this.stop();
	}

	async #stop(): Promise<void> {
		await Promise.all([
			this.#proxy.close(),
			...this.#nodes.map((node) => node.stop()),
		]);
		for (const port of this.#ports) {
			port.release();
		}
	}

	#node(index: number): Node {
		const node = this.#nodes[index];
		if (!node) {
			throw new CloudlinkError(
				'ERR_CLOUDLINK_INVALID_OPTION',
				`There is no node ${index}; the mock has ${this.#nodes.length}, counted from 0.`,
			);
		}
		return node;
	}
}

function publicNode(node: Node): MockNode {
	return {
		address: node.address,
		port: node.port,
		get state() {
			return node.state;
		},
		get links() {
			return node.links.size;
		},
	};
}

function makeNode(
	port: number,
	certificate: Certificate,
	settings: MockSettings,
	registry: Registry,
): Node {
	const host = new Node(port, settings, registry);
	const { tls, clock } = settings;
	host.use({
		tcp: new TcpCarrier({ port, certificate, host, clock, tls }),
		udp: new UdpCarrier({ port, certificate, host, clock }),
	});
	return host;
}

async function certificateFor(
	authority: CertificateAuthority,
	{ certificateFlaw }: MockSettings,
): Promise<Certificate> {
	switch (certificateFlaw) {
		case 'wrong-host':
			return await authority.issue({ names: ['elsewhere.example'] });
		case 'expired':
			return await authority.issue({ valid: 'no-longer' });
		case 'not-yet-valid':
			return await authority.issue({ valid: 'not-yet' });
		case 'unknown-ca': {
			const other = await createCertificateAuthority({
				name: 'Some other CA',
			});
			return await other.issue();
		}
		default:
			return await authority.issue();
	}
}

/** What a transport loads at its first dial takes real time, which a virtual deadline would outrun. */
async function loadDevicesParts(): Promise<void> {
	await import('../../transports/websocket/dialler.js');
	await import('../../transports/udp/device/transport.js');
}

async function isFreeForUdp(port: number): Promise<boolean> {
	const socket = dgram.createSocket('udp4');
	try {
		socket.bind(port, '127.0.0.1');
		await once(socket, 'listening');
		return true;
	} catch {
		return false;
	} finally {
		socket.close();
	}
}
