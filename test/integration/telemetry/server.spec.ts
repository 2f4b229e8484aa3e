import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect } from 'chai';

import { fetchStatus, noAgent } from '../../../src/cli/ask/client.js';
import { healthAddress } from '../../../src/cli/ask/place.js';
import type { AgentStatus } from '../../../src/agent/status.js';
import type { HealthAddress } from '../../../src/telemetry/address.js';
import type { Verdict } from '../../../src/telemetry/health.js';
import {
	startHealthServer,
	type HealthServer,
} from '../../../src/telemetry/server.js';
import { upStatus, waitingStatus } from '../../unit/telemetry/fake-agent.js';

const require = createRequire(import.meta.url);

interface Answer {
	status: number;
	type: string;
	body: string;
}

function ask(
	address: HealthAddress,
	path: string,
	method = 'GET',
): Promise<Answer> {
	return new Promise((resolve, reject) => {
		const target = 'path' in address ? { socketPath: address.path } : address;
		const outgoing = request({ ...target, path, method }, (response) => {
			let body = '';
			response.on('data', (chunk: Buffer) => (body += chunk.toString()));
			response.on('end', () => {
				resolve({
					status: response.statusCode!,
					type: response.headers['content-type']!,
					body,
				});
			});
		});
		outgoing.on('error', reject);
		outgoing.end();
	});
}

describe('health server', () => {
	let folder: string;
	let path: string;
	let status: AgentStatus;
	let health: Verdict;
	let server: HealthServer | undefined;

	const start = async (address: HealthAddress) => {
		server = await startHealthServer({
			address,
			status: () => status,
			health: () => health,
			metrics: () => '# nothing\n',
			about: () => ({ version: '1.2.3' }),
		});
		return server.address;
	};

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		path = join(folder, 'health.sock');
		status = upStatus();
		health = { ok: true, reason: 'The agent works.' };
	});

	afterEach(async () => {
		await server?.close();
		server = undefined;
		rmSync(folder, { recursive: true });
	});

	it('answers on a unix socket that only its user and group can open', async () => {
		const address = await start({ path });
		expect(statSync(path).mode % 0o1000).to.equal(0o660);
		expect(await ask(address, '/healthz')).to.deep.include({
			status: 200,
			type: 'application/json',
		});
	});

	it('answers on a loopback port', async () => {
		const address = await start({ host: '127.0.0.1', port: 0 });
		expect(address).to.have.property('port').that.is.greaterThan(0);
		expect((await ask(address, '/readyz')).status).to.equal(200);
	});

	it('tells readiness and health apart by their status code', async () => {
		const address = await start({ path });
		status = waitingStatus(5000);
		const ready = await ask(address, '/readyz');
		expect(ready.status).to.equal(503);
		expect(JSON.parse(ready.body)).to.deep.include({ ok: false });
		expect((await ask(address, '/healthz')).status).to.equal(200);
		health = { ok: false, reason: 'An attempt has not ended for 130 s.' };
		expect((await ask(address, '/healthz')).status).to.equal(503);
	});

	it('serves the metrics with the type that Prometheus asks for', async () => {
		const address = await start({ path });
		expect(await ask(address, '/metrics?x=1')).to.deep.equal({
			status: 200,
			type: 'text/plain; version=0.0.4; charset=utf-8',
			body: '# nothing\n',
		});
	});

	it('tells the whole status to the command line', async () => {
		const address = await start({ path });
		const reply = await fetchStatus(address);
		expect(reply).to.deep.include({
			version: '1.2.3',
			state: 'up',
			health,
			attempts: 2,
		});
		expect(reply.link?.stats.roundTripMs).to.equal(12.5);
		expect(reply.ready.ok).to.equal(true);
	});

	it('answers nothing else', async () => {
		const address = await start({ path });
		expect((await ask(address, '/')).status).to.equal(404);
		expect((await ask(address, '/status', 'POST')).status).to.equal(405);
		expect(await ask(address, '/healthz', 'HEAD')).to.deep.include({
			status: 200,
			body: '',
		});
	});

	it('takes the place of a socket that a killed run has left', async () => {
		const left = createServer();
		await new Promise<void>((resolve) => {
			left.listen(path, resolve);
		});
		// Closing would remove the file; a kill does not. The descriptor is closed by hand, the file kept.
		const kept = join(folder, 'kept');
		const { linkSync, renameSync } = await import('node:fs');
		linkSync(path, kept);
		await new Promise((resolve) => left.close(resolve));
		renameSync(kept, path);
		const address = await start({ path });
		expect((await ask(address, '/healthz')).status).to.equal(200);
	});

	it('does not take the place of one that is in use, or of a file', async () => {
		await start({ path });
		const first = server!;
		const problem = await start({ path }).catch((error: unknown) => error);
		expect(problem).to.have.property('code', 'EADDRINUSE');
		server = first;
		expect((await ask({ path }, '/healthz')).status).to.equal(200);
		const file = join(folder, 'file');
		writeFileSync(file, 'precious');
		expect(
			await start({ path: file }).catch((error: unknown) => error),
		).to.have.property('code', 'EADDRINUSE');
		server = first;
	});

	for (const [kind, act] of [
		['idle', () => undefined],
		[
			'dripping',
			(socket: Socket) => {
				socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n');
				const timer = setInterval(() => socket.write('x: y\r\n'), 100);
				socket.once('close', () => {
					clearInterval(timer);
				});
			},
		],
	] as const) {
		it(`answers checks within a second beside 1,000 ${kind} connections`, async () => {
			const address = await start({ host: '127.0.0.1', port: 0 });
			const sockets = Array.from({ length: 1000 }, () => {
				const socket = connect(address as { host: string; port: number });
				socket.on('error', () => undefined);
				socket.once('connect', () => {
					act(socket);
				});
				return socket;
			});
			try {
				for (let check = 0; check < 5; check++) {
					const startMs = performance.now();
					expect((await ask(address, '/healthz')).status).to.equal(200);
					expect(performance.now() - startMs).to.be.below(1000);
					await new Promise((resolve) => setTimeout(resolve, 100));
				}
			} finally {
				for (const socket of sockets) {
					socket.destroy();
				}
			}
		});
	}

	it('answers on a port only to its own names, not to a page whose name resolves here', async () => {
		const address = await start({ host: '127.0.0.1', port: 0 });
		const statusFor = async (host: string) => {
			const outgoing = request({
				...(address as { host: string; port: number }),
				path: '/status',
				headers: { host },
			}).end();
			const [response] = (await once(outgoing, 'response')) as [
				{ statusCode: number; resume(): void },
			];
			response.resume();
			return response.statusCode;
		};
		for (const host of ['localhost', '127.0.0.1:9090', '[::1]', '[::1]:1']) {
			expect(await statusFor(host), host).to.equal(200);
		}
		for (const host of [
			...['evil.example', 'evil.example:9090', 'localhost.evil.example'],
			...['127.0.0.1.evil.example', '192.0.2.1'],
		]) {
			expect(await statusFor(host), host).to.equal(421);
		}
	});

	it('is not kept from starting by whoever listens at its place and drips', async () => {
		const other = createServer((socket) => {
			socket.on('error', () => undefined);
			const timer = setInterval(() => socket.write('H'), 50);
			socket.once('close', () => {
				clearInterval(timer);
			});
		});
		other.listen(path);
		await once(other, 'listening');
		const startMs = performance.now();
		const code = await start({ path }).then(
			() => undefined,
			(error: NodeJS.ErrnoException) => error.code,
		);
		expect(code).to.equal('EADDRINUSE');
		expect(performance.now() - startMs).to.be.below(2000);
		await new Promise((resolve) => other.close(resolve));
	});

	it('in a worker changes the mode of its socket, and of nothing that was put in its place', async () => {
		const victim = join(folder, 'victim');
		writeFileSync(victim, 'secret', { mode: 0o600 });
		const worker = new Worker(
			`const { workerData } = require('node:worker_threads');
			const { register } = require(workerData.tsx);
			register();
			const fs = require('node:fs');
			const net = require('node:net');
			// As if the owner of the folder had swapped it the moment it was there.
			if (workerData.swap) {
				const listen = net.Server.prototype.listen;
				net.Server.prototype.listen = function (...args) {
					const result = listen.apply(this, args);
					fs.renameSync(workerData.path, workerData.path + '.old');
					fs.symlinkSync(workerData.victim, workerData.path);
					return result;
				};
			}
			const { serveLocally } = require(workerData.module);
			serveLocally({ path: workerData.path }, 0o660, () => undefined).then(
				() => require('node:worker_threads').parentPort.postMessage('up'),
				(error) => require('node:worker_threads').parentPort.postMessage(error.code ?? String(error)),
			);`,
			{
				eval: true,
				execArgv: [],
				workerData: {
					path,
					victim,
					swap: true,
					tsx: require.resolve('tsx/cjs/api'),
					module: new URL(
						'../../../src/telemetry/local-server.ts',
						import.meta.url,
					).pathname,
				},
			},
		);
		const [said] = (await once(worker, 'message')) as [string];
		await worker.terminate();
		expect(said).to.be.oneOf(['up', 'ELOOP']);
		expect(statSync(victim).mode % 0o1000).to.equal(0o600);
	});

	it('leaves no socket behind', async () => {
		await start({ path });
		await server!.close();
		server = undefined;
		const problem = await fetchStatus({ path }).catch(
			(error: unknown) => error,
		);
		expect(problem).to.have.property('code', 'ENOENT');
		expect(noAgent({ path }, problem as Error)).to.include(path);
	});

	it('is looked for where it was said to be: by flag, environment and config.json, in that order', async () => {
		const config = join(folder, 'config.json');
		const write = (place: unknown) => {
			writeFileSync(config, JSON.stringify({ cloudlink: { health: place } }));
		};
		const env = { CLOUDLINK_HEALTH: '9' };
		write('/from/config.sock');
		expect(await healthAddress({ health: '/x/y', config }, env)).to.deep.equal({
			path: '/x/y',
		});
		expect(await healthAddress({ config }, env)).to.deep.equal({
			host: '127.0.0.1',
			port: 9,
		});
		expect(await healthAddress({ config }, {})).to.deep.equal({
			path: '/from/config.sock',
		});
		expect(await healthAddress({}, { CLOUDLINK_CONFIG: config })).to.deep.equal(
			{ path: '/from/config.sock' },
		);

		const usual = await healthAddress({}, {});
		write(undefined);
		expect(await healthAddress({ config }, {})).to.deep.equal(usual);
		writeFileSync(config, 'broken');
		expect(await healthAddress({ config }, {})).to.deep.equal(usual);
	});

	it('says which source of its place cannot be used, and that there may be none', async () => {
		const config = join(folder, 'config.json');
		const problem = async (flags: { health?: string; config?: string }) =>
			await healthAddress(flags, {}).then(
				() => '',
				({ message }: Error) => message,
			);
		expect(await problem({ health: 'example.com:80' })).to.include('--health');
		for (const [place, said] of [
			['example.com:80', 'in config.json'],
			['none', 'nothing to ask'],
		] as const) {
			writeFileSync(config, JSON.stringify({ cloudlink: { health: place } }));
			expect(await problem({ config })).to.include(said);
		}
	});
});
