/** The cloud in a namespace of its own: a mock node on loopback, to which the kernel forwards what comes from outside. */
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';

import { MockCloudlink } from '../../src/testing/index.js';
import { startServer } from '../support/openvpn-server.js';
import { CLOUD, CLOUD6, OPENVPN_PEER } from './lab.js';
import { serveMethods } from './process.js';

export interface CloudMethods {
	start(): Promise<{ ca: string; port: number }>;
	/** A stock openvpn server beside it, which pings as is usual. */
	startOpenvpn(protocol: 'tcp' | 'udp'): Promise<{ ca: string; port: number }>;
	/** Bytes that came from a service of the device so far, by a connection that was opened before. */
	received(): Promise<number>;
	/** Opens a service of the device; what it sends is counted. `send`: how many bytes to send it. */
	open(argument: { port: number; send?: number }): Promise<void>;
	/** Whether the connection that was opened is still there. */
	isOpen(): Promise<boolean>;
	/** How long a service of the device takes to send its first byte; null when it sends none in time. */
	probe(argument: { port: number; withinMs: number }): Promise<number | null>;
	fault(fault: 'mute' | 'blackhole' | null): Promise<void>;
	stats(): Promise<{ attempts: number; connected: number }>;
}

/** The mock has no IPv6: what comes over it is passed on. */
function relay6(port: number): void {
	createServer((inner) => {
		const outer = connect(port, '127.0.0.1');
		inner.on('error', () => outer.destroy()).pipe(outer);
		outer.on('error', () => inner.destroy()).pipe(inner);
	}).listen(port, CLOUD6);
	const outside = createSocket('udp6');
	const flows = new Map<string, Datagrams>();
	outside.on('message', (datagram, from) => {
		const key = `${from.address} ${from.port}`;
		let flow = flows.get(key);
		if (!flow) {
			flow = createSocket('udp4');
			flow.on('error', () => undefined);
			flow.on('message', (answer) => {
				outside.send(answer, from.port, from.address);
			});
			flows.set(key, flow);
		}
		flow.send(datagram, port, '127.0.0.1');
	});
	outside.bind(port, CLOUD6);
}

const UUID = 'd0d0caca';
let mock: MockCloudlink | undefined;
let bytes = 0;
let socket: Socket | undefined;

serveMethods<CloudMethods>({
	start: async () => {
		mock = await MockCloudlink.start({ tls: true });
		const { port } = mock.nodes[0]!;
		relay6(port);
		return { ca: mock.ca, port };
	},
	received: () => Promise.resolve(bytes),
	startOpenvpn: async (protocol) => {
		const { ca, port } = await startServer({
			protocol,
			port: 1194,
			address: CLOUD,
			certificateRequest: { names: [CLOUD] },
			directives: [
				`ifconfig ${OPENVPN_PEER} 10.50.0.2`,
				'ifconfig-pool 10.50.0.3 10.50.0.250',
				'route 10.50.0.0 255.255.255.0',
				'keepalive 10 60',
			],
		});
		return { ca, port };
	},
	open: async ({ port, send }) => {
		bytes = 0;
		const target = `${UUID}.balena:${port}`;
		const opened = connect({ host: '127.0.0.1', port: mock!.proxyPort });
		socket = opened;
		opened.on('error', () => undefined);
		opened.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
		await new Promise<void>((resolve) => {
			opened.once('data', () => {
				resolve();
			});
			opened.once('close', resolve);
		});
		opened.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
		});
		if (send !== undefined) {
			opened.write(Buffer.alloc(send, 'y'));
		}
	},
	probe: async ({ port, withinMs }) => {
		const startMs = performance.now();
		const target = `${UUID}.balena:${port}`;
		const opened = connect({ host: '127.0.0.1', port: mock!.proxyPort });
		opened.on('error', () => undefined);
		opened.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
		const answer = await new Promise<string>((resolve) => {
			let text = '';
			setTimeout(() => {
				resolve('');
			}, withinMs);
			opened.on('data', (chunk: Buffer) => {
				text += chunk.toString();
				if (text.endsWith('x')) {
					resolve(text);
				}
			});
			opened.once('close', () => {
				resolve('');
			});
		});
		opened.destroy();
		return answer === '' ? null : performance.now() - startMs;
	},
	isOpen: () => Promise.resolve(socket !== undefined && !socket.destroyed),
	fault: async (fault) => {
		await mock!.setFault(0, { tcp: fault, udp: fault });
	},
	stats: () => {
		const { attempts, connected } = mock!.stats();
		return Promise.resolve({ attempts, connected });
	},
});
