import { expect } from 'chai';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

import {
	CloudlinkAgent,
	websocket,
	type Hint,
	type Outcome,
} from '../../../src/index.js';
import { MockCloudlink } from '../../../src/testing/index.js';

const run = promisify(execFile);

/** The block of a page, as an operator would copy it. */
function block(language: string): string {
	const page = readFileSync(
		new URL('../../../docs/operating-nodes.md', import.meta.url),
		'utf8',
	);
	return new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page)![1]!;
}

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const { port } = server.address() as AddressInfo;
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function accepts(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => {
			resolve(false);
		});
	});
}

async function isInstalled(program: string): Promise<boolean> {
	return await run('which', [program]).then(
		() => true,
		() => false,
	);
}

interface Gateway {
	readonly program: 'haproxy' | 'nginx';
	readonly listens: string;
	/** The page's text with this machine's ports, made a complete configuration. */
	complete(text: string, folder: string): string;
	arguments(file: string): string[];
}

const GATEWAYS: Gateway[] = [
	{
		program: 'haproxy',
		listens: '127.0.0.1:8443',
		complete: (text) => text,
		arguments: (file) => ['-db', '-f', file],
	},
	{
		program: 'nginx',
		listens: '127.0.0.1:8444',
		complete: (text, folder) =>
			`daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
			events {}
			http {
				access_log off;
				client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
				fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
				${text}
			}`,
		arguments: (file) => ['-c', file],
	},
];

describe('the gateways of docs/operating-nodes.md', () => {
	for (const gateway of GATEWAYS) {
		it(`${gateway.program} hands out the window, and says at the door when to return`, async function () {
			if (!(await isInstalled(gateway.program))) {
				if (process.env['CI']) {
					throw new Error(`${gateway.program} is missing.`);
				}
				console.log(`${gateway.program} is not installed: skipped.`);
				this.skip();
			}
			const mock = await MockCloudlink.start({ nodes: 2 });
			const folder = mkdtempSync(join(tmpdir(), 'cloudlink-gateway-'));
			const port = await freePort();
			const file = join(folder, 'gateway.conf');
			const text = block(gateway.program)
				.replace(gateway.listens, `127.0.0.1:${port}`)
				.replace('127.0.0.1:9001', mock.nodes[0]!.address)
				.replace('127.0.0.1:9002', mock.nodes[1]!.address)
				// A limit that one test can reach.
				.replace('ge 100', 'ge 1')
				.replace('rate=100r/s', 'rate=1r/s')
				.replace('burst=100 ', '');
			writeFileSync(file, gateway.complete(text, folder));
			const child: ChildProcess = spawn(
				gateway.program,
				gateway.arguments(file),
				{ stdio: ['ignore', 'ignore', 'pipe'] },
			);
			let complaint = '';
			child.stderr?.on('data', (chunk: Buffer) => {
				complaint += chunk.toString();
			});
			const agents: CloudlinkAgent[] = [];
			try {
				for (let tries = 0; !(await accepts(port)); tries++) {
					expect(child.exitCode, complaint).to.equal(null);
					expect(tries, complaint).to.be.below(200);
					await pause(50);
				}
				const refusals: Outcome[] = [];
				for (let i = 0; i < 5; i++) {
					const agent = new CloudlinkAgent({
						device: { uuid: `device${i}`, key: 'secret' },
						nodes: [`127.0.0.1:${port}`],
						transports: [websocket({ insecure: true })],
						pacing: { preset: 'lab', startSpreadMs: 0 },
					});
					agents.push(agent);
					agent.on('retry', ({ outcome }) => refusals.push(outcome));
				}
				const [first, ...others] = agents;
				await pause(1_100);
				await first!.start();
				await first!.waitUntilUp();
				const told = new Promise<{ hint?: Hint; windowMs?: number }>(
					(resolve) => {
						first!.once('retry', resolve);
					},
				);
				for (const agent of others) {
					await agent.start();
				}
				for (let tries = 0; refusals.length === 0; tries++) {
					expect(tries).to.be.below(100);
					await pause(50);
				}
				expect(refusals[0]).to.include({
					kind: 'throttled',
					code: 'http-429',
				});
				expect(refusals[0]?.hint?.retryAfterMs).to.equal(30_000);
				await Promise.all([mock.crash(0), mock.crash(1)]);
				expect((await told).windowMs).to.be.within(200_000, 210_000);
			} finally {
				await Promise.all(
					agents.map(async (agent) => {
						await agent.stop();
					}),
				);
				child.kill('SIGTERM');
				await mock.stop();
				rmSync(folder, { recursive: true, force: true });
			}
		});
	}
});
