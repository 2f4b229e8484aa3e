import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
