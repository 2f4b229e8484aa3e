import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type Program = 'haproxy' | 'nginx';
export const PROGRAMS: readonly Program[] = ['haproxy', 'nginx'];

/** What the page's numbers are in a test: fewer, so that it ends. */
export interface GatewayOptions {
	/** In the place of 100 a second. */
	readonly limit: number;
	/** In the place of 200 s. */
	readonly windowSeconds: number;
	/** In the place of 127.0.0.1:9001 and 127.0.0.1:9002. */
	readonly backends: readonly [string, string];
}

export interface Gateway {
	readonly port: number;
	stop(): Promise<void>;
}

/** The block of the page, as an operator would copy it. */
function block(language: Program): string {
	const page = readFileSync('docs/operating-nodes.md', 'utf8');
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

export function isInstalled(program: Program): boolean {
	try {
		execFileSync('which', [program], { stdio: 'ignore' });
		return true;
	} catch {
		if (process.env['CI']) {
			throw new Error(`${program} is missing.`);
		}
		console.log(`${program} is not installed: skipped.`);
		return false;
	}
}

/** Replaces a text that has to be there, or the test would run something else than the page. */
function replaced(text: string, from: string, to: string): string {
	if (!text.includes(from)) {
		throw new Error(`The page no longer says ${from}.`);
	}
	return text.replaceAll(from, to);
}

/** The numbers of the page, as they stand in each program's text. */
function withNumbers(
	program: Program,
	text: string,
	{ limit, windowSeconds }: GatewayOptions,
): string {
	const pairs: Array<[string, string]> =
		program === 'haproxy'
			? [
					['ge 100', `ge ${limit}`],
					['rand(200)', `rand(${windowSeconds})`],
					[
						'Cloudlink-Reconnect-Window 200',
						`Cloudlink-Reconnect-Window ${windowSeconds}`,
					],
				]
			: [
					['rate=100r/s', `rate=${limit}r/s`],
					['burst=100', `burst=${limit}`],
					[
						'Cloudlink-Reconnect-Window 200',
						`Cloudlink-Reconnect-Window ${windowSeconds}`,
					],
				];
	const numbered = pairs.reduce(
		(all, [from, to]) => replaced(all, from, to),
		text,
	);
	// nginx has no arithmetic: the times are written out, in tenths of the window.
	return program === 'haproxy'
		? numbered
		: numbered.replace(/^(\t(?:10%|\*)\s+)(\d+);/gm, (_, share, seconds) => {
				const scaled = (Number(seconds) / 200) * windowSeconds;
				return `${share as string}${Math.max(1, Math.round(scaled))};`;
			});
}

function completed(program: Program, text: string, folder: string): string {
	return program === 'haproxy'
		? text
		: `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
			events {}
			http {
				access_log off;
				client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b;
				fastcgi_temp_path ${folder}/c; uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
				${text}
			}`;
}

/** Runs the page's configuration with the real program. */
export async function startGateway(
	program: Program,
	options: GatewayOptions,
): Promise<Gateway> {
	const folder = mkdtempSync(join(tmpdir(), 'cloudlink-gateway-'));
	const port = await freePort();
	const file = join(folder, 'gateway.conf');
	const listens = program === 'haproxy' ? '127.0.0.1:8443' : '127.0.0.1:8444';
	const text = [
		[listens, `127.0.0.1:${port}`] as const,
		['127.0.0.1:9001', options.backends[0]] as const,
		['127.0.0.1:9002', options.backends[1]] as const,
	].reduce((all, [from, to]) => replaced(all, from, to), block(program));
	writeFileSync(
		file,
		completed(program, withNumbers(program, text, options), folder),
	);
	const flags = program === 'haproxy' ? ['-db', '-f', file] : ['-c', file];
	const child = spawn(program, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
	let complaint = '';
	child.stderr.on('data', (chunk: Buffer) => {
		complaint += chunk.toString();
	});
	for (let tries = 0; !(await accepts(port)); tries++) {
		if (child.exitCode !== null || tries > 200) {
			throw new Error(complaint);
		}
		await pause(50);
	}
	return {
		port,
		async stop() {
			const gone = new Promise((resolve) => {
				child.once('exit', resolve);
			});
			child.kill('SIGTERM');
			await gone;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
