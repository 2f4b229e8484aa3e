import { execFileSync, spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import {
	OpenvpnServer,
	type OpenvpnServerOptions,
} from '../../src/cli/demo/openvpn/server.js';
import { systemClock } from '../../src/runtime/index.js';
import {
	createCertificateAuthority,
	type CertificateAuthority,
	type CertificateRequest,
} from '../../src/testing/certificates.js';
import { DialError, type Outcome } from '../../src/outcome.js';
import type { DialRequest, Link } from '../../src/transport.js';

function has(program: string, argument: string): boolean {
	try {
		execFileSync(program, [argument], { stdio: 'ignore' });
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code !== 'ENOENT';
	}
}

/** Whether the openvpn in PATH is of the 2.5 line, which devices run. */
export function isOpenvpn25(): boolean {
	const { stdout } = spawnSync('openvpn', ['--version'], { encoding: 'utf8' });
	return stdout.startsWith('OpenVPN 2.5.');
}

/** What is missing for tests with a real openvpn. In CI nothing may be missing. */
export function missingForOpenvpn(): string | undefined {
	if (!has('openvpn', '--version')) {
		return 'openvpn is not installed';
	}
	if (process.getuid?.() !== 0) {
		return 'a real openvpn server needs root';
	}
	return existsSync('/dev/net/tun') ? undefined : 'there is no /dev/net/tun';
}

/** Skips a suite, with a word, where it cannot run. Call it in `before`. */
export function needsOpenvpn(context: Mocha.Context, ...programs: string[]) {
	const missing =
		missingForOpenvpn() ??
		programs.find((program) => !has(program, '--version'));
	if (missing === undefined) {
		return;
	}
	if (process.env.CI) {
		throw new Error(`in CI nothing is skipped, but ${missing}`);
	}
	console.log(`      skipped: ${missing}`);
	context.skip();
}

let authority: Promise<CertificateAuthority> | undefined;

/** One CA for all tests of a run. */
export function testAuthority(): Promise<CertificateAuthority> {
	authority ??= createCertificateAuthority();
	return authority;
}

let devices = 0;
const running = new Set<OpenvpnServer>();

export type TestServerOptions = Partial<OpenvpnServerOptions> & {
	certificateRequest?: CertificateRequest;
};

/** A server on a free port of loopback, whose certificate the {@link testAuthority} issued. */
export async function startServer({
	certificateRequest,
	...options
}: TestServerOptions = {}): Promise<
	OpenvpnServer & { port: number; ca: string }
> {
	const ca = await testAuthority();
	const issued = await ca.issue(certificateRequest);
	const protocol = options.protocol ?? 'tcp';
	const port = options.port ?? (await freePort(protocol));
	devices += 1;
	const server = await OpenvpnServer.start({
		protocol,
		port,
		certificate: { ca: ca.ca, ...issued },
		device: `cl${process.pid % 100_000}n${devices}`,
		...options,
	});
	running.add(server);
	void server.process.ended.then(() => running.delete(server));
	return Object.assign(server, { port, ca: ca.ca });
}

/**
 * A port of loopback that nobody listens on, below those that the kernel hands out: it stays free until a server takes it, maybe
 * much later.
 */
export async function freePort(protocol: 'tcp' | 'udp'): Promise<number> {
	for (;;) {
		const port = 10_000 + Math.floor(20_000 * Math.random());
		if (await isFree(protocol, port)) {
			return port;
		}
	}
}

async function isFree(protocol: 'tcp' | 'udp', port: number): Promise<boolean> {
	const socket = protocol === 'udp' ? createSocket('udp4') : createServer();
	return new Promise((resolve) => {
		socket.once('error', () => {
			resolve(false);
		});
		const close = () => {
			socket.close(() => {
				resolve(true);
			});
		};
		if ('bind' in socket) {
			socket.bind(port, '127.0.0.1', close);
		} else {
			socket.listen(port, '127.0.0.1', close);
		}
	});
}

/** A client that needs no tun and no privilege. */
export const NO_TUN = ['dev null', 'ifconfig-noexec', 'route-noexec'];

export const TEST_KEY = 'k3y "with\\ odd #characters\'';

/** A dial of a port on loopback, with patience for a busy machine. */
export function dialOf(
	port: number | undefined,
	overrides: Partial<DialRequest> = {},
): DialRequest {
	return {
		...(port === undefined
			? {}
			: { node: { name: `127.0.0.1:${port}`, host: '127.0.0.1', port } }),
		device: { uuid: 'uuid1', key: TEST_KEY },
		services: [],
		deadlineMs: 15_000,
		livenessMs: 30_000,
		signal: new AbortController().signal,
		runtime: { clock: systemClock, random: Math.random },
		...overrides,
	};
}

/** Processes that this one has started and not reaped, zombies included. */
export function children(): number[] {
	const table = execFileSync('ps', ['-eo', 'pid=,ppid=,comm='], {
		encoding: 'utf8',
	});
	return (
		table
			.split('\n')
			.map((line) => line.trim().split(/\s+/))
			// esbuild is the compiler of the tests, which starts when a file has changed.
			.filter(
				([, ppid, comm]) =>
					Number(ppid) === process.pid && comm !== 'ps' && comm !== 'esbuild',
			)
			.map(([pid]) => Number(pid))
	);
}

/**
 * Watches that a suite leaves nothing: management sockets go to a directory of its own, and processes are
 * counted from here on. Call it once in a `describe`; the result tells what is left now.
 */
export function watchLeftovers(): () => {
	processes: number[];
	sockets: string[];
} {
	let directory = '';
	let before: number[] = [];
	const outer = process.env.TMPDIR;
	beforeEach(() => {
		directory = mkdtempSync(join(outer ?? '/tmp', 'openvpn-test-'));
		process.env.TMPDIR = directory;
		before = children();
	});
	afterEach(async () => {
		// What a failed test has left.
		await Promise.all([...running].map((server) => server.stop()));
		if (outer === undefined) {
			delete process.env.TMPDIR;
		} else {
			process.env.TMPDIR = outer;
		}
		rmSync(directory, { recursive: true, force: true });
	});
	return () => ({
		processes: children().filter((pid) => !before.includes(pid)),
		sockets: readdirSync(directory),
	});
}

/** How a dial ended, without a link. */
export async function outcomeOf(dial: Promise<unknown>): Promise<Outcome> {
	try {
		const link = (await dial) as Link | undefined;
		await link?.close(0);
	} catch (error) {
		if (error instanceof DialError) {
			return error.outcome;
		}
		throw error;
	}
	throw new Error('the dial made a link');
}
