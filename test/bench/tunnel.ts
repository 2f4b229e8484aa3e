/**
 * Throughput of the tunnel, both ways, as a ratio of a plain Node TCP proxy in the same run: absolute numbers of
 * a shared machine mean little. The service, the device (or the proxy) and the node are a process each.
 *
 * `npm run bench:tunnel -- [MiB [rounds]]`; exits 1 when a target is missed.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';

import { systemClock, systemRandom } from '../../src/runtime/index.js';
import { createCertificateAuthority } from '../../src/testing/certificates.js';
import { openNativeLink } from '../../src/transports/native/open-native-link.js';
import { serveTunnel } from '../../src/tunnel/index.js';
import { dialRequest } from '../support/dial.js';
import { NativeNode, statusOf } from '../support/native-node.js';
import { UUID } from '../support/tunnel-pair.js';

const MIB = 1024 * 1024;
const CHUNK = Buffer.alloc(64 * 1024, 'x');
const NODE_SESSION: http2.ClientSessionOptions = {
	settings: { initialWindowSize: MIB, enablePush: false },
};
const NODE_CONNECTION_WINDOW = 4 * MIB;

interface DeviceJob {
	readonly nodePort: number;
	readonly servicePort: number;
	readonly mask: 'zero' | 'random' | 'no WebSocket';
	readonly ca?: string;
}

/** What a child process does; the first message it sends is the port it listens on, if it listens. */
const ROLES = {
	/** A request is 's' or 'r' and a number of bytes: to send, or to receive and confirm. */
	async service(): Promise<number> {
		return await listen((socket) => {
			socket.once('data', (head: Buffer) => {
				const [, order, digits] = /^([sr])(\d+);/.exec(
					head.toString('latin1'),
				)!;
				const bytes = Number(digits);
				if (order === 's') {
					send(socket, bytes);
					return;
				}
				let left = bytes + digits!.length + 2 - head.length;
				socket.on('data', (chunk: Buffer) => {
					left -= chunk.length;
					if (left <= 0) {
						socket.end('k');
					}
				});
			});
		});
	},

	async proxy(servicePort: number): Promise<number> {
		return await listen((inner) => {
			const outer = connect({
				port: servicePort,
				host: '127.0.0.1',
				noDelay: true,
			});
			inner.on('close', () => outer.destroy()).pipe(outer);
			outer.on('error', () => inner.destroy()).pipe(inner);
		});
	},

	async device({ nodePort, servicePort, mask, ca }: DeviceJob): Promise<void> {
		const tcp = await socketTo(nodePort);
		const services = [{ port: servicePort }];
		if (mask === 'no WebSocket') {
			serveTunnel(tcp, {
				uuid: UUID,
				services,
				livenessMs: 30_000,
				runtime: { clock: systemClock, random: systemRandom },
				listener: { onHint: () => undefined, onGoaway: () => undefined },
			});
			return;
		}
		const socket = ca
			? tlsConnect({ socket: tcp, host: '127.0.0.1', ca })
			: tcp;
		if (ca) {
			await once(socket, 'secureConnect');
		}
		const request = dialRequest(`127.0.0.1:${nodePort}`, { services });
		await openNativeLink({
			socket,
			request,
			transport: 'websocket',
			secure: ca !== undefined,
			signal: request.signal,
			mask,
		});
	},
};

async function listen(onSocket: (socket: Socket) => void): Promise<number> {
	const server = createServer({ noDelay: true }, (socket) => {
		socket.on('error', () => undefined);
		onSocket(socket);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

const children: ChildProcess[] = [];

function start(role: keyof typeof ROLES, job: unknown = null): ChildProcess {
	const child = fork(
		fileURLToPath(import.meta.url),
		[role, JSON.stringify(job)],
		{ execArgv: process.execArgv },
	);
	children.push(child);
	return child;
}

async function startListener(
	role: 'service' | 'proxy',
	job?: unknown,
): Promise<number> {
	const [port] = (await once(start(role, job), 'message')) as [number];
	return port;
}

/** One open connection from the reader's side to the service. */
type Way = () => Promise<Duplex>;

interface Row {
	readonly name: string;
	readonly way: Way;
}

function send(stream: Duplex, bytes: number): void {
	let left = bytes;
	const more = () => {
		while (left > 0) {
			left -= CHUNK.length;
			if (!stream.write(CHUNK)) {
				stream.once('drain', more);
				return;
			}
		}
	};
	more();
}

/** MB/s through a way, `up` from the device to the node, `down` the other way. */
async function measure(
	way: Way,
	direction: 'up' | 'down',
	bytes: number,
): Promise<number> {
	const stream = await way();
	const startMs = performance.now();
	await new Promise<void>((resolve, reject) => {
		let left = direction === 'up' ? bytes : 1;
		stream.on('error', reject);
		stream.on('data', (chunk: Buffer) => {
			left -= chunk.length;
			if (left <= 0) {
				resolve();
			}
		});
		stream.write(`${direction === 'up' ? 's' : 'r'}${bytes};`);
		if (direction === 'down') {
			send(stream, bytes);
		}
	});
	const seconds = (performance.now() - startMs) / 1000;
	stream.destroy();
	return bytes / 1e6 / seconds;
}

async function socketTo(port: number): Promise<Socket> {
	const socket = connect({ port, host: '127.0.0.1', noDelay: true });
	await once(socket, 'connect');
	return socket;
}

async function proxyRow(servicePort: number): Promise<Row> {
	const port = await startListener('proxy', servicePort);
	return { name: 'plain TCP proxy', way: () => socketTo(port) };
}

async function webSocketRow(
	name: string,
	servicePort: number,
	mask: 'zero' | 'random',
	withTls: boolean,
): Promise<Row> {
	const authority = await createCertificateAuthority();
	const node = await NativeNode.start({
		session: NODE_SESSION,
		...(withTls ? { tls: await authority.issue() } : {}),
	});
	const ca = withTls ? authority.ca : undefined;
	start('device', { nodePort: node.port, servicePort, mask, ca });
	const { session } = await node.link();
	return { name, way: () => openStream(session, servicePort) };
}

/** The same HTTP/2 on the bare socket shows what WebSocket costs. */
async function rawRow(servicePort: number): Promise<Row> {
	let session: http2.ClientHttp2Session | undefined;
	const nodePort = await listen((socket) => {
		session = http2.connect('http://device', {
			...NODE_SESSION,
			createConnection: () => socket,
		});
		session.on('error', () => undefined);
	});
	start('device', { nodePort, servicePort, mask: 'no WebSocket' });
	return {
		name: 'raw socket',
		way: async () => {
			while (!session) {
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
			return await openStream(session, servicePort);
		},
	};
}

async function openStream(
	session: http2.ClientHttp2Session,
	port: number,
): Promise<Duplex> {
	session.setLocalWindowSize(NODE_CONNECTION_WINDOW);
	const stream = session.request(
		{ ':method': 'CONNECT', ':authority': `${UUID}.balena:${port}` },
		{ endStream: false },
	);
	stream.on('error', () => undefined);
	await statusOf(stream);
	return stream;
}

const TARGET_ROW = 'ws://, zero mask key';
const TARGETS = { up: 0.3, down: 0.45 };

async function bench(bytes: number, rounds: number): Promise<void> {
	const service = await startListener('service');
	const rows = [
		await proxyRow(service),
		await webSocketRow(TARGET_ROW, service, 'zero', false),
		await webSocketRow('ws://, random mask key', service, 'random', false),
		await webSocketRow('wss://, zero mask key', service, 'zero', true),
		await webSocketRow('wss://, random mask key', service, 'random', true),
		await rawRow(service),
	];
	const best = rows.map(() => ({ up: 0, down: 0 }));
	for (let round = 0; round < rounds; round++) {
		for (const [i, { way }] of rows.entries()) {
			for (const direction of ['up', 'down'] as const) {
				const rate = await measure(way, direction, bytes);
				best[i]![direction] = Math.max(best[i]![direction], rate);
			}
		}
	}
	console.log(
		`${bytes / MIB} MiB, best of ${rounds}, Node ${process.version}; ratio to the plain proxy\n` +
			'row                        device->node     node->device',
	);
	const proxy = best[0]!;
	for (const [i, { name }] of rows.entries()) {
		const cells = (['up', 'down'] as const).map((direction) => {
			const rate = best[i]![direction];
			const ratio = (rate / proxy[direction]).toFixed(2);
			return `${ratio} (${rate.toFixed(0)} MB/s)`.padEnd(17);
		});
		console.log(`${name.padEnd(27)}${cells.join('')}`.trimEnd());
	}
	const ours = best[rows.findIndex(({ name }) => name === TARGET_ROW)]!;
	if (
		ours.up / proxy.up < TARGETS.up ||
		ours.down / proxy.down < TARGETS.down
	) {
		console.error(
			`Missed for ${TARGET_ROW}: device->node >= ${TARGETS.up}, node->device >= ${TARGETS.down}.`,
		);
		process.exitCode = 1;
	}
}

const [first, second] = process.argv.slice(2);
if (process.send) {
	const port = await ROLES[first as keyof typeof ROLES](
		JSON.parse(second!) as never,
	);
	if (port !== undefined) {
		process.send(port);
	}
	process.once('disconnect', () => process.exit());
} else {
	await bench(Number(first ?? 64) * MIB, Number(second ?? 6));
	for (const child of children) {
		child.kill();
	}
	process.exit();
}
