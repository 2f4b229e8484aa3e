import { execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { CloudlinkAgent, type CloudlinkError } from '../../../src/index.js';
import type { Outcome } from '../../../src/outcome.js';
import type { Hint } from '../../../src/hint.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import { OwnedOpenvpn } from '../../../src/transports/openvpn/owned.js';
import {
	NO_TUN,
	TEST_KEY,
	children,
	dialOf,
	freePort,
	needsOpenvpn,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

describe('openvpn: a link', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	const leftovers = watchLeftovers();

	for (const protocol of ['tcp', 'udp'] as const) {
		it(`comes up over ${protocol} with the device's key, and ends in order`, async () => {
			const server = await startServer({ protocol });
			const before = leftovers();
			const transport = openvpn({
				protocol,
				ca: server.ca,
				directives: NO_TUN,
			});
			const link = await transport.dial(dialOf(server.port));
			expect(link.transport).to.equal(`openvpn-${protocol}`);
			expect(link.node).to.equal(`127.0.0.1:${server.port}`);
			expect(server.logins).to.have.length(1);
			expect(server.logins[0]).to.include({ uuid: 'uuid1', key: TEST_KEY });
			expect(leftovers().processes).to.have.length(before.processes.length + 1);
			expect(leftovers().sockets).to.deep.equal([]);

			await link.close(0);
			expect((await link.ended).kind).to.equal('stopped');
			expect(leftovers()).to.deep.equal(before);
			await server.stop();
		});
	}

	it('counts its bytes, and knows no round trip', async () => {
		const server = await startServer({
			authenticate: () => ({ accept: ['ping 1'] }),
		});
		const transport = openvpn({ ca: server.ca, directives: NO_TUN });
		const link = await transport.dial(dialOf(server.port));
		await until(() => link.stats().bytesIn > 0);
		const stats = link.stats();
		expect(stats.bytesOut).to.be.greaterThan(0);
		expect(stats.ageMs).to.be.greaterThan(0);
		expect(stats.openStreams).to.equal(0);
		expect(stats.roundTripMs).to.equal(undefined);
		await link.close(0);
		await server.stop();
	});

	it('hears the window that a stock server tells by echo, and that an operator has taken it out', async () => {
		let pushed = ['echo cloudlink reconnect-window=120', 'echo msg hello'];
		const server = await startServer({
			authenticate: () => ({ accept: pushed }),
		});
		const transport = openvpn({ ca: server.ca, directives: NO_TUN });
		const heard = async () => {
			const link = await transport.dial(dialOf(server.port));
			const hints: Hint[] = [];
			link.listen({
				onHint: (hint) => hints.push(hint),
				onDrain: () => undefined,
			});
			await link.close(0);
			return hints;
		};
		expect(await heard()).to.deep.equal([{ reconnectWindowMs: 120_000 }]);
		pushed = ['echo msg hello'];
		expect(await heard()).to.deep.equal([{ reconnectWindowMs: 0 }]);
		await server.stop();
	});

	it('warns of a hint that cannot be used, through the agent too', async () => {
		const server = await startServer({
			authenticate: () => ({
				accept: ['echo cloudlink reconnect-window=2m', 'echo msg hello'],
			}),
		});
		const agent = new CloudlinkAgent({
			device: { uuid: 'uuid1', key: TEST_KEY },
			nodes: [`127.0.0.1:${server.port}`],
			transports: [openvpn({ ca: server.ca, directives: NO_TUN })],
			pacing: { preset: 'lab' },
		});
		const warnings: CloudlinkError[] = [];
		agent.on('warning', (warning) => warnings.push(warning));
		const ends: Outcome[] = [];
		agent.on('down', ({ outcome }) => ends.push(outcome));
		await agent.start();
		await agent.waitUntilUp();
		await until(() => warnings.length > 0);
		expect(warnings.map(({ code }) => code)).to.deep.equal([
			'ERR_CLOUDLINK_HINT',
		]);
		expect(warnings[0]!.message).to.include('reconnect-window=2m');
		await server.command(
			`client-kill ${server.cidOf('uuid1')} "RESTART,window=2m"`,
		);
		await until(() => ends.length > 0);
		expect(ends[0]!.code).to.equal('server-restart');
		expect(ends[0]!.message).to.include(
			'"window=2m" is no hint and is ignored',
		);
		await agent.stop();
		await server.stop();
	});

	it('keeps the key out of arguments, environment and files', async () => {
		const server = await startServer();
		const before = children();
		// As the command line may be given it.
		process.env.CLOUDLINK_KEY = TEST_KEY;
		// Another's secret, and what is the service manager's and this process's.
		process.env.BALENA_API_KEY = 'theirs';
		process.env.WATCHDOG_USEC = '1000000';
		const link = await openvpn({ ca: server.ca, directives: NO_TUN })
			.dial(dialOf(server.port))
			.finally(() => {
				delete process.env.CLOUDLINK_KEY;
				delete process.env.BALENA_API_KEY;
				delete process.env.WATCHDOG_USEC;
			});
		const [pid] = children().filter((child) => !before.includes(child));
		for (const file of ['cmdline', 'environ']) {
			expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).to.not.contain(
				TEST_KEY,
			);
		}
		expect(readFileSync(`/proc/${pid}/environ`, 'latin1')).to.not.match(
			/theirs|WATCHDOG/,
		);
		const argv = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0');
		expect(argv.slice(1)).to.deep.equal(['--config', 'stdin', '']);
		const open = execFileSync('ls', ['-l', `/proc/${pid}/fd`], {
			encoding: 'utf8',
		});
		expect(open).to.not.match(/-> \/(?!dev\/)/);
		await link.close(0);
		await server.stop();
	});

	describe('with a configuration file', () => {
		let directory: string;
		beforeEach(() => {
			directory = mkdtempSync(join(tmpdir(), 'openvpn-config-'));
		});
		afterEach(() => {
			rmSync(directory, { recursive: true, force: true });
		});

		it('takes it as it is, dials its remote, and runs its scripts', async () => {
			const server = await startServer({
				// One that a device with dropped privileges could not take.
				authenticate: () => ({ accept: ['ping-exit 3'] }),
			});
			const marker = join(directory, 'marker');
			const script = (name: string, body: string) => {
				writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`, {
					mode: 0o755,
				});
			};
			script('up.sh', `echo up >> ${marker}`);
			script('down.sh', `echo down >> ${marker}`);
			writeFileSync(join(directory, 'ca.crt'), server.ca);
			const path = join(directory, 'client.conf');
			writeFileSync(
				path,
				[
					'client',
					`remote 127.0.0.1 ${server.port}`,
					'proto udp',
					'ca ca.crt',
					'auth-user-pass /nonexistent',
					'auth-retry none',
					'script-security 2',
					`up ${join(directory, 'up.sh')}`,
					`down ${join(directory, 'down.sh')}`,
					'user nosuchuser',
					'daemon',
					'log /nonexistent/log',
					'management 127.0.0.1 1',
					...NO_TUN,
				].join('\n'),
			);
			const transport = openvpn({ config: path });
			expect(transport.needsNode).to.equal(false);
			const link = await transport.dial(dialOf(undefined));
			expect(link.node).to.equal(`127.0.0.1:${server.port}`);
			await link.close(0);
			expect(readFileSync(marker, 'utf8')).to.equal('up\ndown\n');
			await server.stop();
		});

		it('says which file cannot be read, and reads it when it is there', async () => {
			const server = await startServer();
			const path = join(directory, 'late.conf');
			const transport = openvpn({ config: path, directives: NO_TUN });
			const failed = await transport.dial(dialOf(server.port)).then(
				() => undefined,
				(error: Error) => error,
			);
			expect(failed?.message).to.contain(path);
			writeFileSync(path, `client\ndev tun\n<ca>\n${server.ca}</ca>\n`);
			const link = await transport.dial(dialOf(server.port));
			await link.close(0);
			expect(existsSync(path)).to.equal(true);
			await server.stop();
		});
	});

	it('goes through the addresses of a node until one answers', async () => {
		const server = await startServer();
		const asked: string[] = [];
		const transport = new OwnedOpenvpn(
			{ ca: server.ca, servername: '127.0.0.1', directives: NO_TUN },
			(host) => {
				asked.push(host);
				// Nobody listens on the first: refused.
				return Promise.resolve(['127.0.0.2', '127.0.0.1']);
			},
		);
		const link = await transport.dial(
			dialOf(undefined, {
				node: {
					name: `node.test:${server.port}`,
					host: 'node.test',
					port: server.port,
				},
			}),
		);
		expect(asked).to.deep.equal(['node.test']);
		expect(link.node).to.equal(`node.test:${server.port}`);
		await link.close(0);
		await server.stop();
	});

	it('takes the next remote of the configuration after a failure', async () => {
		const server = await startServer();
		const transport = openvpn({
			config: [
				'client',
				'dev tun',
				`remote 127.0.0.1 ${await freePort('tcp')}`,
				`remote 127.0.0.1 ${server.port}`,
				`<ca>\n${server.ca}</ca>`,
			].join('\n'),
			directives: NO_TUN,
		});
		const refused = await transport.dial(dialOf(undefined)).then(
			() => undefined,
			(error: Error) => error,
		);
		expect(refused?.message).to.match(/refused/);
		const link = await transport.dial(dialOf(undefined));
		expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		await link.close(0);
		await server.stop();
	});
});
