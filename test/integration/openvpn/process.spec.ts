import { spawn } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	readlinkSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import { OwnedOpenvpn } from '../../../src/transports/openvpn/owned.js';
import type { OwnedOpenvpnOptions } from '../../../src/transports/openvpn/index.js';
import { Namespace } from '../../support/namespaces.js';
import {
	NO_TUN,
	children,
	dialOf,
	freePort,
	needsOpenvpn,
	outcomeOf,
	startServer,
	testAuthority,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

const STAND_IN = fileURLToPath(
	new URL('../../fixtures/openvpn/stand-in.mjs', import.meta.url),
);
const GREETING =
	">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\n";

describe('openvpn: the process', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this, 'ip', 'iptables');
	});
	const leftovers = watchLeftovers();
	const NOTHING = { processes: [], sockets: [] };

	let scripts: string;
	beforeEach(() => {
		scripts = mkdtempSync(join(tmpdir(), 'scripts-'));
	});
	afterEach(() => {
		rmSync(scripts, { recursive: true, force: true });
	});

	/** A program in place of openvpn. */
	function program(body: string): string {
		const path = join(scripts, 'openvpn');
		writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
		return path;
	}

	/** The stand-in, which says these lines. */
	function standIn(lines: string, more = ''): string {
		const said = join(scripts, 'lines');
		writeFileSync(said, lines);
		return program(
			`STAND_IN="$(cat '${said}')\n" ${more} exec '${process.execPath}' '${STAND_IN}'`,
		);
	}

	/** What is left here besides the scripts. */
	function left() {
		const { processes, sockets } = leftovers();
		return {
			processes,
			sockets: sockets.filter((name) => !name.startsWith('scripts-')),
		};
	}

	describe('that cannot be used', () => {
		async function dial(binary: string, deadlineMs = 20_000) {
			const { ca } = await testAuthority();
			const ended = await outcomeOf(
				openvpn({ ca, binary, directives: NO_TUN }).dial(
					dialOf(443, { deadlineMs }),
				),
			);
			expect(left()).to.deep.equal(NOTHING);
			return ended;
		}

		it('is openvpn-missing, with what to do, where there is none', async () => {
			const ended = await dial('no-such-openvpn');
			expect(ended.code).to.equal('openvpn-missing');
			expect(ended.message).to.match(/no-such-openvpn.*install openvpn 2\.5/);
			expect((await dial('/etc')).code).to.equal('openvpn-missing');
		});

		it('is openvpn-missing, with what to do, where it is too old', async () => {
			const greets = await dial(standIn(GREETING.replace('5', '1')));
			const refuses = await dial(
				program(
					'echo "Options error: Unrecognized option or missing or extra parameter(s) in stdin:1: pull-filter (2.3.4)"; exit 1',
				),
			);
			for (const ended of [greets, refuses]) {
				expect(ended.code, ended.message).to.equal('openvpn-missing');
				expect(ended.message).to.match(/too old.*install openvpn 2\.5/);
			}
		});

		it('is openvpn-failed where garbage comes from it', async () => {
			const garbage = await dial(standIn('x'.repeat(100_000)));
			expect(garbage.code, garbage.message).to.equal('openvpn-failed');
			expect(garbage.message).to.match(/not openvpn/);
		});

		it('is openvpn-failed where only noise comes until the deadline', async () => {
			const noise = await dial(standIn('HTTP/1.1 200 OK\n\n>HELLO:x\n'), 1500);
			expect(noise.code, noise.message).to.equal('openvpn-failed');
		});

		it('is openvpn-failed where it ends without a word', async () => {
			expect((await dial(program('exit 0'))).code).to.equal('openvpn-failed');
		});
	});

	describe('when the agent gives an attempt up', () => {
		/** Aborts a dial when it is in a phase, and checks that nothing is left of it. */
		async function abortIn(
			port: number,
			isThere: () => boolean,
			options: OwnedOpenvpnOptions = {},
		) {
			const { ca } = await testAuthority();
			const abort = new AbortController();
			const before = left();
			const dial = openvpn({ ca, directives: NO_TUN, ...options })
				.dial(dialOf(port, { signal: abort.signal, deadlineMs: 50_000 }))
				.then(
					() => 'a link',
					(error: unknown) => error,
				);
			await until(isThere);
			const reason = new Error('enough');
			abort.abort(reason);
			expect(await dial).to.equal(reason);
			expect(left()).to.deep.equal(before);
		}

		it('leaves nothing of it before it began', async () => {
			const abort = new AbortController();
			const reason = new Error('enough');
			abort.abort(reason);
			const dial = openvpn({}).dial(dialOf(443, { signal: abort.signal }));
			expect(await dial.catch((error: unknown) => error)).to.equal(reason);
			expect(left()).to.deep.equal(NOTHING);
		});

		it('leaves nothing of it in the moment of the start', async () => {
			await abortIn(443, () => true);
		});

		it('leaves nothing of it in spawn', async () => {
			const before = children().length;
			await abortIn(443, () => children().length > before, {
				binary: program('exec sleep 60'),
			});
		});

		it('leaves nothing of it in hold', async () => {
			const before = children().length;
			const binary = standIn(`${GREETING}>HOLD:Waiting for hold release:0\n`);
			let seen = 0;
			// It has called us back when its socket is gone.
			await abortIn(
				443,
				() =>
					children().length > before &&
					left().sockets.length === 0 &&
					++seen > 20,
				{ binary },
			);
		});

		it('leaves nothing of it in resolve', async () => {
			const abort = new AbortController();
			let asked = false;
			const transport = new OwnedOpenvpn({ directives: NO_TUN }, () => {
				asked = true;
				return new Promise(() => undefined);
			});
			const dial = transport.dial(
				dialOf(undefined, {
					node: { name: 'slow.test:443', host: 'slow.test', port: 443 },
					signal: abort.signal,
				}),
			);
			await until(() => asked);
			const reason = new Error('enough');
			abort.abort(reason);
			expect(await dial.catch((error: unknown) => error)).to.equal(reason);
			expect(left()).to.deep.equal(NOTHING);
		});

		it('leaves nothing of it in connect', async () => {
			const space = new Namespace();
			try {
				space.run(
					'iptables',
					'-A',
					'OUTPUT',
					'-p',
					'tcp',
					'--dport',
					'443',
					'-j',
					'DROP',
				);
				const SYN_SENT = / 0{8}:0{4} 02 | 0100007F:01BB 02 /;
				await abortIn(
					443,
					() => SYN_SENT.test(space.run('cat', '/proc/net/tcp')),
					{ binary: space.program('openvpn') },
				);
			} finally {
				space.remove();
			}
		});

		it('leaves nothing of it in wait', async () => {
			let heard = false;
			const sockets: Socket[] = [];
			const server = await listen((socket) => {
				sockets.push(socket.on('error', () => undefined));
				socket.on('data', () => {
					heard = true;
				});
			});
			await abortIn(portOf(server), () => heard);
			close(server, sockets);
		});

		it('leaves nothing of it in auth', async () => {
			const real = await startServer();
			let answered = false;
			const sockets: Socket[] = [];
			// Lets the first answer of the server through, and no more.
			const server = await listen((socket) => {
				const onward = connect(real.port, '127.0.0.1');
				sockets.push(socket, onward);
				for (const one of [socket, onward]) {
					one.on('error', () => undefined);
				}
				socket.on('data', (chunk) => onward.write(chunk));
				onward.once('data', (chunk) => {
					socket.write(chunk);
					answered = true;
				});
			});
			await abortIn(portOf(server), () => answered);
			close(server, sockets);
			await real.stop();
		});

		it('leaves nothing of it in config', async () => {
			const server = await startServer({ authenticate: () => 'never' });
			await abortIn(server.port, () => server.logins.length > 0);
			await server.stop();
		});

		it('leaves nothing of it when it is up', async () => {
			const server = await startServer();
			const link = await openvpn({
				ca: server.ca,
				directives: NO_TUN,
			}).dial(dialOf(server.port));
			await link.close(0);
			expect((await link.ended).kind).to.equal('stopped');
			await server.stop();
			expect(left()).to.deep.equal(NOTHING);
		});

		it('kills one that does not end, and whatever it started, after five seconds', async () => {
			const server = await startServer();
			const before = left();
			const path = join(scripts, 'up.sh');
			const pidFile = join(scripts, 'pid');
			writeFileSync(path, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`, {
				mode: 0o755,
			});
			const ended = await outcomeOf(
				openvpn({
					ca: server.ca,
					directives: [...NO_TUN, 'script-security 2', `up ${path}`],
				}).dial(dialOf(server.port, { deadlineMs: 2500 })),
			);
			expect(ended.code).to.equal('openvpn-failed');
			expect(ended.message).to.match(/up script/);
			const pid = readFileSync(pidFile, 'utf8').trim();
			await until(() => !isRunning(pid));
			expect(left()).to.deep.equal(before);
			await server.stop();
		});
	});

	/** Another agent, in a process of its own. */
	function holder(server: { port: number; ca: string }, env = {}) {
		const agent = spawn(
			process.execPath,
			[
				'--import',
				'tsx',
				fileURLToPath(
					new URL('../../support/openvpn-holder.ts', import.meta.url),
				),
			],
			{
				env: {
					...process.env,
					HOLDER_PORT: String(server.port),
					HOLDER_CA: server.ca,
					...env,
				},
				stdio: ['ignore', 'pipe', 'inherit'],
			},
		);
		const exited = new Promise((resolve) => agent.once('exit', resolve));
		return {
			kill: async () => {
				agent.kill('SIGKILL');
				await exited;
			},
		};
	}

	it('is swept away, with its script and its folder, by the next agent where a killed one has left it', async () => {
		const server = await startServer();
		const path = join(scripts, 'up.sh');
		const pidFile = join(scripts, 'pid');
		writeFileSync(path, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 60\n`, {
			mode: 0o755,
		});
		const killed = holder(server, { HOLDER_UP: path });
		await until(
			() => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '',
		);
		await killed.kill();
		const orphan = readFileSync(pidFile, 'utf8').trim();
		expect(isRunning(orphan)).to.equal(true);
		// One that was killed before openvpn called it; its process number is nobody's, or another's by now.
		const ns = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];
		const folder = join(process.env.TMPDIR!, `cloudlink-${ns}-1-1-abcdef`);
		mkdirSync(folder);
		// Of another pid namespace: not ours to judge.
		const foreign = join(process.env.TMPDIR!, 'cloudlink-7-1-1-abcdef');
		mkdirSync(foreign);

		const next = holder(server);
		await until(() => !isRunning(orphan));
		await until(() => server.connected.size === 1);
		expect(existsSync(folder)).to.equal(false);
		expect(existsSync(foreign)).to.equal(true);
		await next.kill();
		await server.stop();
	});

	it('dies with its agent, even when that is killed', async () => {
		const server = await startServer();
		const agent = holder(server);
		await until(() => server.connected.size === 1);
		await agent.kill();
		await until(() => server.connected.size === 0);
		await until(() => openvpnTo(server.port).length === 0);
		await server.stop();
	});

	it('is started afresh for each attempt', async () => {
		const port = await freePort('tcp');
		const transport = openvpn({
			ca: (await testAuthority()).ca,
			directives: NO_TUN,
		});
		for (let i = 0; i < 3; i++) {
			expect((await outcomeOf(transport.dial(dialOf(port)))).code).to.equal(
				'connect-refused',
			);
			expect(left()).to.deep.equal(NOTHING);
		}
	});
});

async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
	const server = createServer(onConnection);
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return server;
}

const portOf = (server: Server) => (server.address() as { port: number }).port;

function close(server: Server, sockets: readonly Socket[]): void {
	for (const socket of sockets) {
		socket.destroy();
	}
	server.close();
}

/** Not counting a zombie that nobody has reaped: its parent was killed, and init may be slow. */
function isRunning(pid: string): boolean {
	try {
		return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
	} catch {
		return false;
	}
}

/** Local ends of TCP connections to a port that are not the server's own. */
function openvpnTo(port: number): string[] {
	const hex = port.toString(16).toUpperCase().padStart(4, '0');
	return readFileSync('/proc/net/tcp', 'utf8')
		.split('\n')
		.filter((line) => line.includes(`0100007F:${hex} 01`));
}
