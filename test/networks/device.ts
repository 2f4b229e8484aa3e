/** A device in a namespace of its own: dials, or runs an agent, and tells what came of it. */
import { createSocket } from 'node:dgram';
import { closeSync, mkdtempSync, openSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
	CloudlinkAgent,
	openvpn,
	udp,
	watchNetwork,
	websocket,
	type AgentOptions,
} from '../../src/index.js';
import { checkCarrier } from '../../src/cli/doctor/carrier.js';
import { DialError } from '../../src/outcome.js';
import type { Link, Transport } from '../../src/transport.js';
import { addressOf, dialRequest } from '../support/dial.js';
import { ForeignOpenvpn, holdFlags } from '../support/openvpn-foreign.js';
import { NO_TUN } from '../support/openvpn-server.js';
import { serveMethods } from './process.js';

export type Carrier =
	| 'websocket'
	| 'udp'
	| 'openvpn-tcp'
	| 'openvpn-udp'
	/** An agent that is attached to an openvpn of somebody else's. */
	| 'attached-tcp'
	| 'attached-udp';

export interface DialArgument {
	readonly carrier: Carrier;
	readonly node: string;
	readonly addresses?: string[];
	readonly ca: string;
	readonly deadlineMs?: number;
	readonly livenessMs?: number;
	readonly keep?: boolean;
}

export interface Dialled {
	/** The outcome's code and kind; `up` for a link. */
	readonly code: string;
	readonly kind: string;
	readonly message: string;
	readonly tookMs: number;
}

/** An event of the agent, with when it came (wall clock: the processes share it). */
export interface Told {
	readonly atMs: number;
	readonly event: string;
	readonly detail: string;
}

export interface AgentArgument {
	readonly carriers: Carrier[];
	readonly nodes: string[];
	readonly ca: string;
	readonly watch?: boolean;
	readonly options?: Partial<AgentOptions>;
}

export interface DeviceMethods {
	ready(): Promise<void>;
	dial(argument: DialArgument): Promise<Dialled>;
	/** How the link that was kept ended; waits until it has. */
	ended(): Promise<Dialled>;
	/** Closes the kept link. */
	close(): Promise<void>;
	checkLiveness(deadlineMs: number): Promise<string>;
	doctor(argument: DialArgument): Promise<string>;
	/** Takes every file descriptor that the process may have, or gives them back. */
	exhaust(on: boolean): Promise<number>;
	startAgent(argument: AgentArgument): Promise<void>;
	/** What the agent told since the last call. */
	told(): Promise<Told[]>;
	stopAgent(): Promise<void>;
	/** Whether the other end of the tunnel answers: its system refuses a connection. */
	reaches(address: string): Promise<boolean>;
	/** A service that takes everything and answers nothing. */
	sink(): Promise<number>;
	/** A service that sends so many bytes to whoever connects. */
	source(bytes: number): Promise<number>;
	cpuMs(): Promise<number>;
	/** Fills the line with datagrams to nobody, so many kbit/s; 0 ends it. */
	flood(argument: { to: string; kbit: number }): Promise<void>;
}

const UUID = 'd0d0caca';
const KEY = 'the-key';
const descriptors: number[] = [];
let kept: Link | undefined;
let agent: CloudlinkAgent | undefined;
let watch: { close(): void } | undefined;
let told: Told[] = [];
let flooding: NodeJS.Timeout | undefined;
const ports: number[] = [];
let foreign: ForeignOpenvpn | undefined;
const NO_LINK = { directives: NO_TUN };

function transportOf(
	carrier: Carrier,
	ca: string,
	{ node, directives }: { node?: string; directives: string[] },
): Transport {
	switch (carrier) {
		case 'websocket':
			return websocket({ ca, servername: 'localhost' });
		case 'udp':
			return udp({ ca, servername: 'localhost' });
		case 'openvpn-tcp':
		case 'openvpn-udp':
			return openvpn({
				protocol: carrier === 'openvpn-tcp' ? 'tcp' : 'udp',
				ca,
				directives,
			});
		case 'attached-tcp':
		case 'attached-udp':
			foreign = foreignOpenvpn(carrier, ca, node!);
			return openvpn({
				attach: foreign.socket,
				protocol: carrier === 'attached-tcp' ? 'tcp' : 'udp',
			});
	}
}

/** As the drop-in starts it, in hold. */
function foreignOpenvpn(
	carrier: Carrier,
	ca: string,
	node: string,
): ForeignOpenvpn {
	const { host, port } = addressOf(node);
	const credentials = join(mkdtempSync(join(tmpdir(), 'device-')), 'vpn-auth');
	writeFileSync(credentials, `${UUID}\n${KEY}\n`, { mode: 0o600 });
	return new ForeignOpenvpn([
		'client',
		'dev tun',
		`remote ${host} ${port} ${carrier === 'attached-tcp' ? 'tcp4-client' : 'udp4'}`,
		`<ca>\n${ca}</ca>`,
		`auth-user-pass ${credentials}`,
		'nobind',
		'connect-retry 5 120',
		...holdFlags(),
	]);
}

const requestOf = ({
	node,
	addresses,
	deadlineMs = 6000,
	livenessMs = 30_000,
}: DialArgument) =>
	dialRequest(
		{ ...addressOf(node), ...(addresses ? { addresses } : {}) },
		{
			device: { uuid: UUID, key: KEY },
			deadlineMs,
			connectDeadlineMs: Math.min(deadlineMs, 10_000),
			livenessMs,
			services: ports.map((port) => ({ port })),
		},
	);

async function listen(
	onSocket: Parameters<typeof createServer>[1],
): Promise<number> {
	const server = createServer({ noDelay: true }, onSocket);
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as { port: number };
	ports.push(port);
	return port;
}

serveMethods<DeviceMethods>({
	ready: () => Promise.resolve(),
	dial: async (argument) => {
		const startMs = performance.now();
		const took = () => Math.round(performance.now() - startMs);
		try {
			const link = await transportOf(
				argument.carrier,
				argument.ca,
				NO_LINK,
			).dial(requestOf(argument));
			if (argument.keep) {
				kept = link;
			} else {
				await link.close(0);
			}
			return { code: 'up', kind: 'up', message: '', tookMs: took() };
		} catch (thrown) {
			if (!(thrown instanceof DialError)) {
				throw thrown;
			}
			const { code, kind, message } = thrown.outcome;
			return { code, kind, message, tookMs: took() };
		}
	},
	ended: async () => {
		const startMs = performance.now();
		const { code, kind, message } = await kept!.ended;
		return { code, kind, message, tookMs: performance.now() - startMs };
	},
	close: async () => {
		await kept?.close(0);
		kept = undefined;
	},
	checkLiveness: async (deadlineMs) =>
		(await kept!.checkLiveness?.(deadlineMs)) ?? 'cannot be asked',
	doctor: async (argument) => {
		const { node } = requestOf(argument);
		const { grade, seen } = await checkCarrier(
			transportOf(argument.carrier, argument.ca, NO_LINK),
			node!,
		);
		return `${grade}: ${seen}`;
	},
	exhaust: (on) => {
		if (!on) {
			descriptors.splice(0).forEach(closeSync);
			return Promise.resolve(0);
		}
		try {
			for (;;) {
				descriptors.push(openSync('/dev/null', 'r'));
			}
		} catch {
			return Promise.resolve(descriptors.length);
		}
	},
	startAgent: async ({ carriers, nodes, ca, watch: watched, options }) => {
		agent = new CloudlinkAgent({
			device: { uuid: UUID, key: KEY },
			...(carriers.some((carrier) => carrier.startsWith('attached'))
				? {}
				: { nodes }),
			transports: carriers.map((carrier) =>
				transportOf(carrier, ca, { node: nodes[0], directives: [] }),
			),
			services: ports.map((port) => ({ port })),
			...options,
		});
		const tell = (event: string, detail: string) => {
			told.push({ atMs: Date.now(), event, detail });
		};
		agent.on('state', (state) => {
			tell('state', state);
		});
		agent.on('attempt', ({ transport, node }) => {
			tell('attempt', `${transport} ${node}`);
		});
		agent.on('up', ({ transport, node }) => {
			tell('up', `${transport} ${node}`);
		});
		agent.on('down', ({ outcome }) => {
			tell('down', outcome.code);
		});
		agent.on('retry', ({ outcome, law, delayMs }) => {
			tell('retry', `${outcome.code} ${law} ${Math.round(delayMs)}`);
		});
		agent.on('warning', ({ message }) => {
			tell('warning', message);
		});
		await agent.start();
		if (watched) {
			watch = watchNetwork({
				agent,
				onNetwork: ({ up, reason }) => {
					tell('network', `${up} ${reason}`);
				},
				onClock: (reason) => {
					tell('clock', reason);
				},
			});
		}
	},
	told: () => Promise.resolve(told.splice(0)),
	stopAgent: async () => {
		watch?.close();
		await agent?.stop();
		await foreign?.stop();
		watch = agent = undefined;
		told = [];
	},
	reaches: (address) =>
		new Promise((resolve) => {
			const socket = connect({ host: address, port: 9, timeout: 1000 });
			socket.once('timeout', () => socket.destroy());
			let refused = false;
			socket.once('error', ({ code }: NodeJS.ErrnoException) => {
				refused = code === 'ECONNREFUSED';
			});
			socket.once('close', () => {
				resolve(refused);
			});
		}),
	sink: () => listen((socket) => socket.on('error', () => undefined).resume()),
	source: (bytes) =>
		listen((socket) => {
			socket.on('error', () => undefined);
			socket.end(Buffer.alloc(bytes, 'x'));
		}),
	flood: ({ to, kbit }) => {
		clearInterval(flooding);
		if (kbit > 0) {
			const socket = createSocket('udp4').on('error', () => undefined);
			socket.unref();
			// As large as those of a transfer: smaller ones would leave no room for any large one.
			const datagram = Buffer.alloc(1400);
			flooding = setInterval(
				() => {
					socket.send(datagram, 9, to);
				},
				(datagram.length * 8) / kbit,
			);
		}
		return Promise.resolve();
	},
	cpuMs: () => {
		const { user, system } = process.cpuUsage();
		return Promise.resolve((user + system) / 1000);
	},
});
