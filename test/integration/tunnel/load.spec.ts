import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { ClientHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { LocalService } from '../../support/local-services.js';
import { NativeNode, statusOf } from '../../support/native-node.js';
import {
	UUID,
	tunnelPair,
	type TunnelPair,
} from '../../support/tunnel-pair.js';
import { until } from '../../support/until.js';

const MIB = 1024 * 1024;

describe('The tunnel under load', function () {
	this.timeout(120_000);

	const cleanUps: Array<() => unknown> = [];
	afterEach(async () => {
		for (const cleanUp of cleanUps.splice(0).reverse()) {
			await cleanUp();
		}
	});

	const serve = async (
		onSocket: Parameters<typeof LocalService.start>[0],
	): Promise<LocalService> => {
		const service = await LocalService.start(onSocket);
		cleanUps.push(() => service.stop());
		return service;
	};
	const pairFor = async (...ports: number[]): Promise<TunnelPair> => {
		const pair = await tunnelPair(ports);
		cleanUps.push(() => pair.stop());
		return pair;
	};
	const target = (port: number) => `${UUID}.balena:${port}`;

	it('serves 1,000 streams at once', async () => {
		const { port } = await serve((socket) => socket.pipe(socket));
		const { link, tunnel } = await pairFor(port);
		const streams = Array.from({ length: 1000 }, () => link.open(target(port)));
		const statuses = await Promise.all(streams.map(statusOf));
		expect(new Set(statuses)).to.deep.equal(new Set([200]));
		expect(tunnel.openStreams).to.equal(1000);
		const echoes = streams.map(async (stream, i) => {
			stream.end(`stream ${i}`);
			return await textOf(stream);
		});
		expect(await Promise.all(echoes)).to.deep.equal(
			streams.map((_stream, i) => `stream ${i}`),
		);
		await until(() => tunnel.openStreams === 0);
	});

	it('refuses the stream after the 1,024th, and lives', async () => {
		const { port } = await serve((socket) => socket.pipe(socket));
		const { link, tunnel } = await pairFor(port);
		const streams = Array.from({ length: 1030 }, () => link.open(target(port)));
		await Promise.all(streams.slice(0, 1024).map(statusOf));
		expect(tunnel.openStreams).to.equal(1024);
		// The node's own library holds the others back until there is room.
		for (const stream of streams.slice(0, 10)) {
			stream.destroy();
		}
		await Promise.all(streams.slice(1024).map(statusOf));
	});

	for (const stalled of ['service', 'node'] as const) {
		it(`stalls only the stream whose ${stalled} does not read`, async () => {
			const { port } = await serve((socket) => {
				socket.once('data', (first: Buffer) => {
					if (String(first) === 'echo') {
						socket.write(first);
						socket.pipe(socket);
						return;
					}
					socket.pause();
					keepWriting(socket);
				});
			});
			const { link } = await pairFor(port);
			const stuck = Array.from({ length: 3 }, () => link.open(target(port)));
			await Promise.all(stuck.map(statusOf));
			for (const stream of stuck) {
				stream.write('stall');
				if (stalled === 'service') {
					keepWriting(stream);
				}
			}
			await sleep(100);
			const free = link.open(target(port));
			await statusOf(free);
			free.write('echo');
			await once(free, 'data');
			const echoed = textOf(free);
			free.end(Buffer.alloc(8 * MIB, 'x'));
			expect((await echoed).length).to.equal(8 * MIB);
		});
	}

	it('carries 1 GB with the right hash while another stream serves requests', async () => {
		const total = 1e9;
		const sent = createHash('sha256');
		const { port: big } = await serve((socket) => {
			writeAll(socket, total, (chunk) => sent.update(chunk));
		});
		const app = createServer((_request, response) => response.end('pong'));
		app.listen(0, '127.0.0.1');
		await once(app, 'listening');
		const { port: small } = app.address() as AddressInfo;
		cleanUps.push(() => void app.close());
		const { link } = await pairFor(big, small);

		const download = link.open(target(big));
		const received = createHash('sha256');
		let bytes = 0;
		download.on('data', (chunk: Buffer) => {
			bytes += chunk.length;
			received.update(chunk);
		});
		const done = once(download, 'end');
		let finished = false;
		void done.then(() => (finished = true));

		const timesMs: number[] = [];
		while (!finished) {
			const startMs = performance.now();
			const request = link.open(target(small));
			request.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
			expect(await textOf(request)).to.match(/^HTTP\/1.1 200 [^]*pong$/);
			request.end();
			timesMs.push(performance.now() - startMs);
			await sleep(20);
		}
		await done;
		expect(bytes).to.equal(total);
		expect(received.digest('hex')).to.equal(sent.digest('hex'));
		expect(timesMs.length).to.be.greaterThan(5);
		timesMs.sort((a, b) => a - b);
		const p95 = timesMs[Math.floor(timesMs.length * 0.95)]!;
		console.log(
			`      ${timesMs.length} requests beside 1 GB, p95 ${p95.toFixed(0)} ms`,
		);
	});

	describe('with 1,000 stalled streams', () => {
		let node: NativeNode;
		let device: ChildProcess;

		const startDevice = async (port: number) => {
			node = await NativeNode.start({
				session: { settings: { initialWindowSize: 64 * 1024 } },
			});
			cleanUps.push(() => node.stop());
			device = fork(
				fileURLToPath(
					new URL('../../support/device-process.ts', import.meta.url),
				),
				[JSON.stringify({ node: node.address, ports: [port] })],
				{ execArgv: [...process.execArgv, '--import', 'tsx', '--expose-gc'] },
			);
			cleanUps.push(() => void device.kill());
			return await node.link();
		};
		const deviceMib = async () => {
			device.send('rss');
			const [rss] = (await once(device, 'message')) as [number];
			return rss / MIB;
		};

		for (const stalled of ['service', 'node'] as const) {
			it(`stays under 150 MB when the ${stalled} reads nothing`, async () => {
				const { port } = await serve((socket) => {
					socket.pause();
					if (stalled === 'node') {
						keepWriting(socket);
					}
				});
				const link = await startDevice(port);
				const before = await deviceMib();
				const streams = Array.from({ length: 1000 }, () =>
					link.open(target(port)),
				);
				await Promise.all(streams.map(statusOf));
				if (stalled === 'service') {
					for (const stream of streams) {
						keepWriting(stream);
					}
				}
				let last = 0;
				let now = await deviceMib();
				while (Math.abs(now - last) > 2) {
					last = now;
					await sleep(700);
					now = await deviceMib();
				}
				console.log(
					`      the device's memory: ${before.toFixed(0)} MiB, then ${now.toFixed(0)} MiB`,
				);
				// The TypeScript loader is part of both; a device itself begins at some 55 MiB.
				expect(now - before + 55).to.be.lessThan(150);
			});
		}
	});
});

async function textOf(stream: ClientHttp2Stream): Promise<string> {
	const chunks: Buffer[] = [];
	stream.on('data', (chunk: Buffer) => chunks.push(chunk));
	await once(stream, 'end');
	return Buffer.concat(chunks).toString('latin1');
}

/** Writes for ever, as far as it is let. */
function keepWriting(stream: NodeJS.WritableStream): void {
	const chunk = Buffer.alloc(64 * 1024);
	const more = () => {
		if (stream.writable && stream.write(chunk)) {
			setImmediate(more);
		}
	};
	stream.on('drain', more);
	more();
}

function writeAll(
	stream: NodeJS.WritableStream,
	total: number,
	onChunk: (chunk: Buffer) => void,
): void {
	const chunk = Buffer.alloc(64 * 1024, 'cloudlink');
	let left = total;
	const more = () => {
		while (left > 0) {
			const part = chunk.subarray(0, Math.min(left, chunk.length));
			left -= part.length;
			onChunk(part);
			if (!stream.write(part)) {
				stream.once('drain', more);
				return;
			}
		}
		stream.end();
	};
	more();
}
