import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { expect } from 'chai';

import { MockCloudlink } from '../../src/testing/index.js';
import { bundle, nodeOf } from './bundle.js';
import { installPacked } from './packed.js';

const run = promisify(execFile);

/** A device with nothing but UDP: once its link is up, its service answers, until SIGTERM. */
const APP = `
const { CloudlinkAgent, udp } = require('cloudlink-agent');
const { createServer } = require('node:http');

const [node, ca] = process.argv.slice(2);
const app = createServer((_request, response) => {
	response.end('over udp');
}).listen(0, '127.0.0.1', () => void main());
let agent;
process.once('SIGTERM', () => { app.close(); void agent.stop(); });

async function main() {
	const { port } = app.address();
	agent = new CloudlinkAgent({
		device: { uuid: 'a1b2c3', key: 'key' },
		nodes: [node],
		transports: [udp({ ca })],
		services: [{ port }],
	});
	await agent.start();
	const link = await agent.waitUntilUp();
	await fetch(process.env.READY, { method: 'POST', body: JSON.stringify({ port, transport: link.transport }) });
}
`;

interface Ready {
	readonly port: number;
	readonly transport: string;
}

/** Where the device tells that it is up, and on which port its service is. */
async function listenForReady(server: Server): Promise<Ready> {
	return await new Promise((done, fail) => {
		server.once('request', (request, response) => {
			void (async () => {
				let text = '';
				for await (const chunk of request) {
					text += String(chunk);
				}
				response.setHeader('connection', 'close').end();
				done(JSON.parse(text) as Ready);
			})().catch(fail);
		});
	});
}

describe('bundled by webpack', function () {
	this.timeout(240_000);

	let elsewhere: string;

	before(async () => {
		const packed = installPacked();
		try {
			writeFileSync(join(packed.folder, 'udp.js'), APP);
			const { errors } = await bundle(packed.folder, './udp.js');
			expect(errors).to.deep.equal([]);
			elsewhere = mkdtempSync(join(tmpdir(), 'cloudlink-bundled-'));
			copyFileSync(
				join(packed.folder, 'dist', 'app.js'),
				join(elsewhere, 'app.js'),
			);
		} finally {
			packed.remove();
		}
	});

	after(() => {
		rmSync(elsewhere, { recursive: true, force: true });
	});

	for (const line of [20, 22, 24]) {
		it(`carries the reversed CONNECT over UDP on Node ${line}`, async function () {
			const node = nodeOf(line);
			if (node === undefined) {
				this.skip(); // Needs the npm registry.
			}
			const mock = await MockCloudlink.start({ tls: true });
			const desk = createServer().listen(0, '127.0.0.1');
			await once(desk, 'listening');
			try {
				const ready = listenForReady(desk);
				const child = run(
					node,
					[join(elsewhere, 'app.js'), mock.nodes[0]!.address, mock.ca],
					{
						cwd: elsewhere,
						timeout: 60_000,
						env: {
							...process.env,
							READY: `http://127.0.0.1:${(desk.address() as AddressInfo).port}`,
						},
					},
				);
				const { port, transport } = await Promise.race([
					ready,
					child.then(({ stderr }) => {
						throw new Error(`ended too soon: ${stderr}`);
					}),
				]);
				expect(transport).to.equal('udp');
				const { stdout } = await run('curl', [
					'-sS',
					'-x',
					`http://127.0.0.1:${mock.proxyPort}`,
					'--proxytunnel',
					`http://a1b2c3.balena:${port}/`,
				]);
				expect(stdout).to.equal('over udp');
				// Nothing keeps it alive once it has stopped.
				child.child.kill('SIGTERM');
				await child;
			} finally {
				desk.close();
				await mock.stop();
			}
		});
	}
});
