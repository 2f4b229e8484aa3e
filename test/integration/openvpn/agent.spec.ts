import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { CloudlinkAgent, openvpn } from '../../../src/index.js';
import { ForeignOpenvpn, stopForeign } from '../../support/openvpn-foreign.js';
import {
	NO_TUN,
	children,
	freePort,
	needsOpenvpn,
	startServer,
	testAuthority,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

const DEVICE = { uuid: 'uuid1', key: 'key1' };

describe('openvpn under the agent', function () {
	this.timeout(120_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let directory: string;
	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'agent-'));
	});
	afterEach(async () => {
		await stopForeign();
		rmSync(directory, { recursive: true, force: true });
	});

	/** A client that somebody else runs, in hold, with its credentials in a file. */
	function foreign({ port, ca }: { port: number; ca: string }): ForeignOpenvpn {
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
		return new ForeignOpenvpn([
			'client',
			`remote 127.0.0.1 ${port} tcp4-client`,
			`<ca>\n${ca}</ca>`,
			`auth-user-pass ${credentials}`,
			'nobind',
			'connect-retry 1 5',
			...NO_TUN,
		]);
	}

	it('falls back from TCP to UDP, and returns when a probe is answered, one process at a time', async () => {
		const { ca } = await testAuthority();
		const port = await freePort('udp');
		await startServer({ protocol: 'udp', port });
		await using agent = new CloudlinkAgent({
			device: DEVICE,
			nodes: [`127.0.0.1:${port}`],
			transports: [
				openvpn({ protocol: 'tcp', ca, directives: NO_TUN }),
				openvpn({ protocol: 'udp', ca, directives: NO_TUN }),
			],
			transportSelection: { returnAfterMs: 1000 },
		});
		const ups: string[] = [];
		const downs: string[] = [];
		agent.on('up', ({ transport }) => ups.push(transport));
		agent.on('down', ({ outcome }) => downs.push(outcome.code));
		await agent.start();
		await until(() => ups.length === 1);
		expect(ups).to.deep.equal(['openvpn-udp']);

		const tcp = await startServer({ protocol: 'tcp', port });
		const servers = children().length - 1;
		let most = 0;
		await until(() => {
			most = Math.max(most, children().length - servers);
			return ups.length === 2;
		});
		expect(ups).to.deep.equal(['openvpn-udp', 'openvpn-tcp']);
		expect(downs).to.have.length(1);
		expect(most).to.equal(1);
		expect(tcp.logins).to.have.length(1);
	});

	it('leaves an attached openvpn its link and its own pacing when it stops', async () => {
		const server = await startServer();
		const client = foreign(server);
		const agent = new CloudlinkAgent({
			device: { uuid: 'uuid1' },
			transports: [openvpn({ attach: client.socket })],
		});
		await agent.start();
		const link = await agent.waitUntilUp();
		expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		await agent.stop();
		expect(client.isAlive).to.equal(true);
		expect(server.connected.size).to.equal(1);
		expect(await client.ask('hold')).to.match(/hold=0/);
	});

	it('leaves an attached openvpn its own pacing when it stops while it waits', async () => {
		const server = await startServer({
			authenticate: () => ({ deny: 'not now' }),
		});
		const client = foreign(server);
		const agent = new CloudlinkAgent({
			device: { uuid: 'uuid1' },
			transports: [openvpn({ attach: client.socket })],
		});
		const laws: string[] = [];
		agent.on('retry', ({ law }) => laws.push(law));
		await agent.start();
		await until(() => laws.length === 1);
		expect(laws).to.deep.equal(['slow']);
		expect(server.logins).to.have.length(1);
		await agent.stop();
		await until(() => server.logins.length > 1);
	});
});
