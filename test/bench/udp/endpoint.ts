import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { PerformanceObserver } from 'node:perf_hooks';
import * as tls from 'node:tls';
import type { SecureContext } from 'node:tls';

import { systemClock, systemRandom } from '../../../src/runtime/index.js';
import type { NextToken } from '../../../src/transports/udp/wire/frames.js';
import { dialUdp } from '../../../src/transports/udp/device/dial.js';
import { listenUdp } from '../../../src/transports/udp/node/index.js';
import {
	clientContext,
	secureClient,
} from '../../../src/transports/udp/device/tls.js';

export type Carrier = 'tcp' | 'udp';

export interface Where {
	readonly carrier: Carrier;
	readonly host: string;
	readonly port: number;
	readonly ca: string;
}

/** What the parent may ask one process of the bench to do. */
export interface Methods {
	listen(at: {
		host: string;
		cert: string;
		key: string;
	}): Promise<{ tcp: number; udp: number }>;
	/** CPU in ms since the last call, and the share of it that went into garbage collection. */
	cpu(): Promise<{ cpuMs: number; gcMs: number }>;
	/** Downloads so many bytes, or for so long, whichever ends first; counts from `fromMs` on. */
	download(
		where: Where & { bytes: number; forMs: number; fromMs?: number },
	): Promise<{ bytes: number; ms: number }>;
	/** From the dial to usable TLS; `again`: a second time in the same process, with what it learned. */
	handshake(where: Where & { again?: boolean }): Promise<{ ms: number }>;
	/** So many connections that stay open. */
	hold(where: Where & { count: number }): Promise<{ rss: number }>;
	rss(): Promise<{ rss: number }>;
}

const runtime = { clock: systemClock, random: systemRandom };
const CHUNK = randomBytes(64 * 1024);
const contexts = new Map<string, SecureContext>();
const tokens = new Map<number, NextToken>();
let collections: number[] = [];
new PerformanceObserver((list) => {
	for (const entry of list.getEntries()) {
		collections.push(entry.duration);
	}
}).observe({ entryTypes: ['gc'] });

/** The first line says how many bytes are wanted; 0 = none, and the connection stays. */
function serve(socket: Duplex): void {
	socket.on('error', () => undefined);
	socket.once('data', (line: Buffer) => {
		let left = Number(line.toString());
		const fill = () => {
			while (left > 0) {
				const chunk = CHUNK.subarray(0, Math.min(left, CHUNK.length));
				left -= chunk.length;
				if (!socket.write(chunk)) {
					socket.once('drain', fill);
					return;
				}
			}
			socket.end();
		};
		if (left > 0) {
			fill();
		}
	});
}

async function connect({ carrier, host, port, ca }: Where): Promise<Duplex> {
	if (carrier === 'tcp') {
		const socket = tls.connect({ host, port, ca, minVersion: 'TLSv1.3' });
		socket.setNoDelay();
		await once(socket, 'secureConnect');
		return socket;
	}
	const { signal } = new AbortController();
	let context: SecureContext | undefined = contexts.get(ca);
	const nextToken = tokens.get(port);
	tokens.delete(port);
	const prepare = () => {
		context ??= clientContext(ca);
		contexts.set(ca, context);
	};
	const dialled = await dialUdp({
		addresses: [{ address: host, port }],
		nextToken,
		runtime,
		randomBytes,
		signal,
		onAsked: prepare,
	});
	prepare();
	dialled.connection.onNextToken = (token) => tokens.set(port, token);
	return await secureClient(dialled, { host, secureContext: context! }, signal);
}

const methods: Methods = {
	listen: async ({ host, cert, key }) => {
		const server = tls.createServer(
			{ cert, key, minVersion: 'TLSv1.3', noDelay: true },
			serve,
		);
		server.listen(0, host);
		await once(server, 'listening');
		const listener = await listenUdp({
			host,
			port: 0,
			tls: { cert, key },
			runtime,
			onSession: serve,
			limits: { halfOpen: 10_000, halfOpenPerAddress: 10_000 },
		});
		return { tcp: (server.address() as AddressInfo).port, udp: listener.port };
	},

	cpu: () => {
		const { user, system } = process.cpuUsage(lastCpu);
		lastCpu = process.cpuUsage();
		// Durations are on the wall: when the machine is busy a few are far too long, so the middle one stands for all.
		collections.sort((a, b) => a - b);
		const middle = collections[Math.floor(collections.length / 2)] ?? 0;
		const result = {
			cpuMs: (user + system) / 1000,
			gcMs: middle * collections.length,
		};
		collections = [];
		return Promise.resolve(result);
	},

	download: async ({ bytes, forMs, fromMs = 0, ...where }) => {
		const socket = await connect(where);
		socket.on('error', () => undefined);
		const startMs = performance.now();
		let received = 0;
		socket.on('data', (data: Buffer) => {
			received += performance.now() - startMs >= fromMs ? data.length : 0;
		});
		socket.write(`${bytes}\n`);
		const timer = setTimeout(() => socket.destroy(), forMs);
		await new Promise<void>((resolve) => {
			socket.once('end', resolve);
			socket.once('close', resolve);
		});
		clearTimeout(timer);
		const ms = performance.now() - startMs - fromMs;
		socket.destroy();
		return { bytes: received, ms };
	},

	handshake: async (where) => {
		if (where.again) {
			const first = await connect(where);
			await new Promise((resolve) => setTimeout(resolve, 300));
			first.destroy();
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
		const startMs = performance.now();
		const socket = await connect(where);
		const ms = performance.now() - startMs;
		// The node's token comes a round trip later.
		await new Promise((resolve) => setTimeout(resolve, 20));
		socket.destroy();
		return { ms };
	},

	hold: async ({ count, ...where }) => {
		for (let i = 0; i < count; i++) {
			tokens.clear();
			(await connect(where)).write('0\n');
		}
		return await methods.rss();
	},

	rss: async () => {
		await new Promise((resolve) => setTimeout(resolve, 200));
		globalThis.gc?.();
		await new Promise((resolve) => setTimeout(resolve, 200));
		globalThis.gc?.();
		return { rss: process.memoryUsage.rss() };
	},
};

let lastCpu = process.cpuUsage();

process.on(
	'message',
	({
		id,
		method,
		args,
	}: {
		id: number;
		method: keyof Methods;
		args: never;
	}) => {
		methods[method](args).then(
			(result) => process.send!({ id, result }),
			(error: unknown) => process.send!({ id, error: String(error) }),
		);
	},
);
process.on('disconnect', () => process.exit());
