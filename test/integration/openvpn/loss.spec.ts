import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { clientKill } from '../../../src/operator/index.js';
import type { OutcomeCode } from '../../../src/outcome.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import type { Link } from '../../../src/transport.js';
import { NO_ADDRESSES } from '../../../src/cli/demo/openvpn/configuration.js';
import type { OpenvpnServerOptions } from '../../../src/cli/demo/openvpn/server.js';
import {
	NO_TUN,
	children,
	dialOf,
	needsOpenvpn,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

describe('openvpn: a link that ends', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	const leftovers = watchLeftovers();
	/** Longer than a server that lives may be silent while a busy machine stands still. */
	const SHORT_LIVENESS_MS = 3000;

	async function linkTo(
		options: Partial<OpenvpnServerOptions> = {},
		livenessMs = 30_000,
	) {
		const server = await startServer(options);
		const servers = children();
		const transport = openvpn({
			protocol: options.protocol ?? 'tcp',
			ca: server.ca,
			directives: NO_TUN,
		});
		const link = await transport.dial(dialOf(server.port, { livenessMs }));
		// The client is connected before the server says so.
		await until(() => server.cidOf('uuid1') !== undefined);
		const [client] = children().filter((pid) => !servers.includes(pid));
		return { server, link, client: client! };
	}

	async function expectEnd(link: Link, code: OutcomeCode) {
		const ended = await link.ended;
		expect(ended.code, ended.message).to.equal(code);
		return ended;
	}

	it('is server-restart, with the window, when the server tells it to reconnect', async () => {
		for (const protocol of ['tcp', 'udp'] as const) {
			const { server, link } = await linkTo({ protocol });
			await server.command(
				`client-kill ${server.cidOf('uuid1')} "RESTART,window=120"`,
			);
			const ended = await expectEnd(link, 'server-restart');
			expect(ended.kind).to.equal('drained');
			expect(ended.hint).to.deep.equal({ reconnectWindowMs: 120_000 });
			await server.stop();
			expect(leftovers()).to.deep.equal({ processes: [], sockets: [] });
		}
	});

	it('is server-restart, with every hint that an operator can put into it', async () => {
		for (const keepPassword of [true, false]) {
			const { server, link } = await linkTo();
			await server.command(
				clientKill(server.cidOf('uuid1')!, {
					windowSeconds: 7,
					goElsewhere: true,
					keepPassword,
				}),
			);
			const ended = await expectEnd(link, 'server-restart');
			expect(ended.hint).to.deep.equal({
				reconnectWindowMs: 7000,
				goElsewhere: true,
			});
			await server.stop();
		}
	});

	it('is server-halt, with its words, when the server tells it to stay away', async () => {
		const { server, link } = await linkTo();
		await server.command(`client-kill ${server.cidOf('uuid1')} "HALT,go away"`);
		const ended = await expectEnd(link, 'server-halt');
		expect(ended.message).to.contain('go away');
		await server.stop();
	});

	it('is server-restart when a server over UDP says that it exits', async () => {
		for (const [mode, hint] of [
			[1, undefined],
			[2, { goElsewhere: true }],
		] as const) {
			const { server, link } = await linkTo({
				protocol: 'udp',
				directives: [...NO_ADDRESSES, `explicit-exit-notify ${mode}`],
			});
			await server.stop();
			const ended = await expectEnd(link, 'server-restart');
			expect(ended.hint).to.deep.equal(hint);
		}
	});

	it('is link-reset when the server is killed', async () => {
		const { server, link } = await linkTo();
		server.signal('SIGKILL');
		await expectEnd(link, 'link-reset');
		await server.stop();
	});

	it('is link-silent when the server stands still', async () => {
		const { server, link } = await linkTo({}, SHORT_LIVENESS_MS);
		server.signal('SIGSTOP');
		await expectEnd(link, 'link-silent');
		server.signal('SIGCONT');
		await server.stop();
	});

	for (const protocol of ['tcp', 'udp'] as const) {
		it(`answers over ${protocol} when it is asked for a sign of life, and is dead once the server stands still`, async () => {
			const { server, link } = await linkTo(
				{ protocol, directives: ['ping 1'] },
				// Short, for a server that pings each second.
				12_000,
			);
			// Until it is known how long the server is quiet.
			const bytes = new Set<number>();
			await until(() => bytes.add(link.stats().bytesIn).size > 4);
			expect(await link.checkLiveness!(1000)).to.equal('alive');
			server.signal('SIGSTOP');
			// What it said last may still be told.
			await sleep(1500);
			expect(await link.checkLiveness!(1000)).to.equal('dead');
			server.signal('SIGCONT');
			await link.close(0);
			await server.stop();
		});
	}

	it('is given twice as long after one through which nothing came, and the missing ping is named', async () => {
		const server = await startServer();
		const transport = openvpn({ ca: server.ca, directives: NO_TUN });
		const warnings: string[] = [];
		const request = dialOf(server.port, {
			livenessMs: 2000,
			warn: (message) => warnings.push(message),
		});
		const first = await transport.dial(request);
		await expectEnd(first, 'link-silent');
		const firstMs = first.stats().ageMs;
		expect(warnings.join()).to.match(/keepalive 10 60.*silent for 4 s/);
		const second = await transport.dial(request);
		await expectEnd(second, 'link-silent');
		expect(second.stats().ageMs).to.be.greaterThan(firstMs + 1000);
		await server.stop();
	});

	it('is link-silent when a server over UDP is killed and says nothing', async () => {
		const { server, link } = await linkTo(
			{ protocol: 'udp' },
			SHORT_LIVENESS_MS,
		);
		server.signal('SIGKILL');
		await expectEnd(link, 'link-silent');
		await server.stop();
	});

	it('is decided by us and not by a ping-exit that the server pushes', async () => {
		const { server, link } = await linkTo(
			{ authenticate: () => ({ accept: ['ping 1', 'ping-exit 1'] }) },
			SHORT_LIVENESS_MS,
		);
		server.signal('SIGSTOP');
		const ended = await expectEnd(link, 'link-silent');
		expect(ended.message).to.match(/nothing came from it for 3 s/);
		expect(link.stats().ageMs).to.be.greaterThan(2500);
		server.signal('SIGCONT');
		await server.stop();
	});

	it('is link-ended when the server pushes a time limit', async () => {
		const { server, link } = await linkTo({
			authenticate: () => ({ accept: ['inactive 1'] }),
		});
		await expectEnd(link, 'link-ended');
		await server.stop();
	});

	it('is lost when somebody kills openvpn', async () => {
		for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
			const { server, link, client } = await linkTo();
			process.kill(client, signal);
			expect((await expectEnd(link, 'link-failed')).kind).to.equal('lost');
			await server.stop();
			expect(leftovers()).to.deep.equal({ processes: [], sockets: [] });
		}
	});

	it('can be closed after it ended, and twice', async () => {
		const { server, link } = await linkTo();
		server.signal('SIGKILL');
		await link.ended;
		await Promise.all([link.close(0), link.close(1000)]);
		expect((await link.ended).code).to.equal('link-reset');
		await server.stop();
	});
});
