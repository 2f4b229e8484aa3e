import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { NO_ADDRESSES } from '../../../src/cli/demo/openvpn/configuration.js';
import type { OpenvpnServer } from '../../../src/cli/demo/openvpn/server.js';
import type { Hint } from '../../../src/hint.js';
import { systemClock } from '../../../src/runtime/index.js';
import { OpenvpnProcess } from '../../../src/transports/openvpn/child.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import type { Transport } from '../../../src/transport.js';
import { ForeignOpenvpn, stopForeign } from '../../support/openvpn-foreign.js';
import {
	NO_TUN,
	dialOf,
	freePort,
	needsOpenvpn,
	outcomeOf,
	startServer,
	watchLeftovers,
	type TestServerOptions,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

describe('openvpn: attached to one that somebody else runs', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let directory: string;
	let transports: Transport[];
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'attach-'));
		transports = [];
	});
	afterEach(async () => {
		await Promise.all(transports.map((transport) => transport.release!()));
		await stopForeign();
		rmSync(directory, { recursive: true, force: true });
	});

	/** A client of a server, with its credentials in a file as on a device. */
	function foreign(
		server: { port: number; ca: string },
		...more: string[]
	): ForeignOpenvpn {
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
		return new ForeignOpenvpn([
			'client',
			`remote 127.0.0.1 ${server.port} tcp4-client`,
			'resolv-retry infinite',
			'remote-cert-tls server',
			`<ca>\n${server.ca}</ca>`,
			`auth-user-pass ${credentials}`,
			'nobind',
			'pull-filter ignore "ping-"',
			'ping-restart 60',
			'connect-retry 1 5',
			...NO_TUN,
			...more,
		]);
	}

	function attach(client: { socket: string }): Transport {
		const transport = openvpn({ attach: client.socket });
		transports.push(transport);
		return transport;
	}

	const dialAttached = (overrides = {}) =>
		dialOf(undefined, { device: { uuid: 'uuid1' }, ...overrides });

	const setUp = async (options: TestServerOptions = {}) => {
		const server = await startServer(options);
		const client = foreign(server);
		return { server, client, transport: attach(client) };
	};

	const attempts = (server: OpenvpnServer) => server.logins.length;

	it('dials nothing before it is told to, and says which node it is', async () => {
		const { server, client, transport } = await setUp();
		await client.hasLogged(/Need hold release/);
		expect(attempts(server)).to.equal(0);
		const link = await transport.dial(dialAttached());
		expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		expect(link.transport).to.equal('openvpn-tcp');
		expect(server.logins[0]).to.include({ uuid: 'uuid1', key: 'key1' });
	});

	it('makes one attempt for each dial, and reads why it failed', async () => {
		let verdict = 'retry-after=42';
		const { server, client, transport } = await setUp({
			authenticate: () => (verdict ? { deny: verdict } : { accept: [] }),
		});
		const throttled = await outcomeOf(transport.dial(dialAttached()));
		expect(throttled.code).to.equal('auth-throttled');
		expect(throttled.hint).to.deep.equal({ retryAfterMs: 42_000 });
		verdict = 'no such device';
		const refused = await outcomeOf(transport.dial(dialAttached()));
		expect(refused.code).to.equal('auth-failed');
		expect(attempts(server)).to.equal(2);
		verdict = '';
		const link = await transport.dial(dialAttached());
		expect(attempts(server)).to.equal(3);
		expect(client.isAlive).to.equal(true);
		await link.close(0);
	});

	it('hears the hint of this connect, and holds again when the server sends it away', async () => {
		let window = 60;
		const { server, transport } = await setUp({
			authenticate: () => ({
				accept: [`echo cloudlink reconnect-window=${window}`],
			}),
		});
		const first = await transport.dial(dialAttached());
		await until(() => server.cidOf('uuid1') !== undefined);
		await server.command(
			`client-kill ${server.cidOf('uuid1')} "RESTART,[P]window=33"`,
		);
		const ended = await first.ended;
		expect(ended.code).to.equal('server-restart');
		expect(ended.hint).to.deep.equal({ reconnectWindowMs: 33_000 });
		expect(attempts(server)).to.equal(1);

		window = 90;
		const second = await transport.dial(dialAttached());
		const hints: Hint[] = [];
		second.listen({
			onHint: (hint) => hints.push(hint),
			onDrain: () => undefined,
		});
		expect(hints).to.deep.equal([{ reconnectWindowMs: 90_000 }]);
	});

	it('recognises a live link after a restart of the agent, with its node and its hint', async () => {
		let window = 60;
		const { server, client, transport } = await setUp({
			authenticate: () => ({
				accept: [`echo cloudlink reconnect-window=${window}`],
			}),
		});
		const first = await transport.dial(dialAttached());
		await until(() => server.cidOf('uuid1') !== undefined);
		// Two connects lie behind it: only the last one's hint counts.
		window = 90;
		await server.command(`client-kill ${server.cidOf('uuid1')} "RESTART,[P]"`);
		await first.ended;
		const second = await transport.dial(dialAttached());
		await second.close(0);
		expect((await second.ended).kind).to.equal('stopped');

		const successor = attach(client);
		const link = await successor.dial(dialAttached());
		expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		const hints: Hint[] = [];
		link.listen({
			onHint: (hint) => hints.push(hint),
			onDrain: () => undefined,
		});
		// Openvpn dates its echoes by the second, so two quick connects look like one; the last word counts.
		expect(hints.at(-1)).to.deep.equal({ reconnectWindowMs: 90_000 });
		expect(attempts(server)).to.equal(2);
		// It is a link like any other: its end is seen, and the next attempt waits for us.
		await server.command(`client-kill ${server.cidOf('uuid1')}`);
		expect((await link.ended).kind).to.equal('drained');
		expect(client.isAlive).to.equal(true);
		expect(attempts(server)).to.equal(2);
	});

	it('gives openvpn its own pacing back when it closes a link, which stays up', async () => {
		const { server, client, transport } = await setUp();
		const link = await transport.dial(dialAttached());
		await link.close(0);
		await until(() => server.connected.size === 1);
		expect(client.isAlive).to.equal(true);
		// The server cuts it: openvpn comes back by itself.
		await server.command(`client-kill ${server.cidOf('uuid1')} "RESTART,[P]"`);
		await until(() => attempts(server) === 2);
	});

	it('makes openvpn give a link up that gave no sign of life, instead of finding it again', async () => {
		const server = await startServer({
			directives: [...NO_ADDRESSES, 'ping 1'],
		});
		const transport = attach(foreign(server));
		const request = dialAttached({ livenessMs: 12_000 });
		const link = await transport.dial(request);
		const bytes = new Set<number>();
		await until(() => bytes.add(link.stats().bytesIn).size > 4);
		server.signal('SIGSTOP');
		// What it said last may still be told.
		await sleep(1500);
		expect(await link.checkLiveness!(1000)).to.equal('dead');
		await link.close(0);
		server.signal('SIGCONT');
		await transport.dial(request);
		expect(attempts(server)).to.equal(2);
	});

	it('gives openvpn its own pacing back when it stops between attempts', async () => {
		let deny = true;
		const { server, transport } = await setUp({
			authenticate: () => (deny ? { deny: 'not now' } : { accept: [] }),
		});
		await outcomeOf(transport.dial(dialAttached()));
		expect(attempts(server)).to.equal(1);
		deny = false;
		await transport.release!();
		await until(() => server.connected.size === 1);
		await transport.release!();
	});

	it('gives openvpn its own pacing back when an attempt is given up', async () => {
		const { server, client, transport } = await setUp({
			authenticate: () => 'never',
		});
		const abort = new AbortController();
		const dial = transport
			.dial(dialAttached({ signal: abort.signal }))
			.catch((error: unknown) => error);
		await until(() => attempts(server) === 1);
		const reason = new Error('enough');
		abort.abort(reason);
		expect(await dial).to.equal(reason);
		expect(client.isAlive).to.equal(true);
		expect(await client.ask('hold', 'auth-retry')).to.match(
			/hold=0[^]*auth-retry=none/,
		);
	});

	it('takes the hold back from an openvpn that had its own pacing', async () => {
		const { server, client, transport } = await setUp();
		await client.hasLogged(/Need hold release/);
		await client.ask('hold off', 'hold release');
		await until(() => server.connected.size === 1);
		const link = await transport.dial(dialAttached());
		await server.command(`client-kill ${server.cidOf('uuid1')} "RESTART,[P]"`);
		await link.ended;
		const logins = attempts(server);
		await transport.dial(dialAttached());
		expect(attempts(server)).to.equal(logins + 1);
	});

	it('ends an attempt at its deadline, so that the next one is another', async () => {
		let verdict: 'never' | { accept: [] } = 'never';
		const { server, client, transport } = await setUp({
			authenticate: () => verdict,
		});
		const late = await outcomeOf(
			transport.dial(dialAttached({ deadlineMs: 3000 })),
		);
		expect(late.code).to.equal('no-push-reply');
		verdict = { accept: [] };
		// At once, before openvpn has said that it holds again.
		await transport.dial(dialAttached());
		expect(attempts(server)).to.equal(2);
		expect(client.isAlive).to.equal(true);
	});

	it('finds an openvpn again that was restarted meanwhile', async () => {
		const { server, client, transport } = await setUp();
		const link = await transport.dial(dialAttached());
		process.kill(client.process.pid!, 'SIGKILL');
		expect((await link.ended).kind).to.equal('lost');
		const dial = transport.dial(dialAttached());
		await client.process.ended;
		client.start();
		expect((await dial).node).to.equal(`127.0.0.1:${server.port}`);
		expect(attempts(server)).to.equal(2);
	});

	it('asks again where the one that it reaches is on its way out', async () => {
		const path = join(directory, 'management.sock');
		let refused = 0;
		const dying = createServer((socket) => {
			refused += 1;
			socket.destroy();
		});
		await new Promise<void>((resolve) => {
			dying.listen(path, resolve);
		});
		const ended = outcomeOf(
			openvpn({ attach: path }).dial(dialAttached({ deadlineMs: 1500 })),
		);
		expect((await ended).message).to.match(/nothing listens/);
		expect(refused).to.be.greaterThan(1);
		dying.close();
	});

	it('says so where nothing listens, and where another manager has the seat', async () => {
		const nobody = openvpn({ attach: join(directory, 'nobody') });
		const ended = await outcomeOf(
			nobody.dial(dialAttached({ deadlineMs: 600 })),
		);
		expect(ended.code).to.equal('transport-failed');
		expect(ended.message).to.match(/nothing listens/);

		const { client, transport } = await setUp();
		await transport.dial(dialAttached());
		const second = await outcomeOf(
			attach(client).dial(dialAttached({ deadlineMs: 600 })),
		);
		expect(second.message).to.match(/another manager/);
	});

	it('takes the seat over TCP on loopback, with the password from its file', async () => {
		const server = await startServer();
		const port = await freePort('tcp');
		const passwordFile = join(directory, 'password');
		writeFileSync(passwordFile, 'right\n', { mode: 0o600 });
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
		const client = new OpenvpnProcess({
			binary: 'openvpn',
			configuration: [
				'client',
				`remote 127.0.0.1 ${server.port} tcp4-client`,
				`<ca>\n${server.ca}</ca>`,
				`auth-user-pass ${credentials}`,
				'nobind',
				...NO_TUN,
				`management 127.0.0.1 ${port} ${passwordFile}`,
				'management-hold',
				'',
			].join('\n'),
			clock: systemClock,
			clean: (line) => line,
		});
		try {
			const wrong = join(directory, 'wrong');
			writeFileSync(wrong, 'wrong\n');
			const at = `127.0.0.1:${port}`;
			const dial = async (options: { passwordFile?: string }) => {
				const transport = openvpn({ attach: at, ...options });
				transports.push(transport);
				return await transport.dial(dialAttached({ deadlineMs: 8000 }));
			};
			const without = await outcomeOf(dial({}));
			expect(without.code, without.message).to.equal('key-unavailable');
			expect(without.message).to.match(/passwordFile/);
			const refused = await outcomeOf(dial({ passwordFile: wrong }));
			expect(refused.message).to.match(/not the right one/);
			const link = await dial({ passwordFile });
			expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		} finally {
			client.terminate();
			await client.ended;
		}
	});

	it('takes no address but loopback', () => {
		for (const place of [
			'192.0.2.1:7505',
			'host.example:7505',
			'127.0.0.1:0',
		]) {
			expect(() => {
				openvpn({ attach: place }).validate!();
			}).to.throw(/loopback/);
		}
		for (const place of ['/a:1', './x', '[::1]:7505', 'localhost:7505']) {
			openvpn({ attach: place }).validate!();
		}
	});

	it('says so where what answers is not openvpn, or too old', async () => {
		const sockets: Socket[] = [];
		let says = 'x'.repeat(100_000);
		const server = createServer((socket) => {
			sockets.push(socket.on('error', () => undefined));
			socket.write(says);
		});
		const path = join(directory, 'not-openvpn');
		await new Promise<void>((resolve) => {
			server.listen(path, resolve);
		});
		const garbage = await outcomeOf(
			openvpn({ attach: path }).dial(dialAttached()),
		);
		expect(garbage.message).to.match(/not openvpn/);
		says = ">INFO:OpenVPN Management Interface Version 1 -- type 'help'\n";
		const old = await outcomeOf(openvpn({ attach: path }).dial(dialAttached()));
		expect(old.code).to.equal('openvpn-missing');
		for (const socket of sockets) {
			socket.destroy();
		}
		server.close();
	});

	it('answers a prompt for the credentials where it has them, and says so where not', async () => {
		const server = await startServer();
		const client = foreign(
			server,
			'auth-user-pass',
			'management-query-passwords',
		);
		const without = await outcomeOf(attach(client).dial(dialAttached()));
		expect(without.code).to.equal('key-unavailable');
		await transports[0]!.release!();
		const link = await attach(client).dial(
			dialAttached({ device: { uuid: 'uuid2', key: 'key2' } }),
		);
		expect(server.logins[0]).to.include({ uuid: 'uuid2', key: 'key2' });
		await link.close(0);
	});
});
