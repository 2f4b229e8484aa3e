import {
	existsSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { uptime, tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { CloudlinkAgent } from '../../../src/agent/cloudlink-agent.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import { ForeignOpenvpn, stopForeign } from '../../support/openvpn-foreign.js';
import {
	NO_TUN,
	needsOpenvpn,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

describe('openvpn: the seat of an attached agent', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let directory: string;
	let server: Awaited<ReturnType<typeof startServer>>;
	let client: ForeignOpenvpn;
	let agent: CloudlinkAgent;

	beforeEach(async () => {
		directory = mkdtempSync(join(tmpdir(), 'seat-'));
		const credentials = join(directory, 'vpn-auth');
		writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
		server = await startServer();
		client = new ForeignOpenvpn([
			'client',
			`remote 127.0.0.1 ${server.port} tcp4-client`,
			'resolv-retry infinite',
			`<ca>\n${server.ca}</ca>`,
			`auth-user-pass ${credentials}`,
			'nobind',
			'connect-retry 1 5',
			...NO_TUN,
		]);
		await client.hasLogged(/Need hold release/);
		agent = new CloudlinkAgent({
			device: { uuid: 'uuid1' },
			transports: [openvpn({ attach: client.socket })],
			pacing: { startSpreadMs: 3_600_000 },
		});
	});
	afterEach(async () => {
		await agent.stop();
		await stopForeign();
		await server.stop();
		rmSync(directory, { recursive: true, force: true });
	});

	const sign = () => `${client.socket}.agent`;
	const signParts = () => readFileSync(sign(), 'utf8').trim().split(' ');

	it('is taken while the agent waits for its first turn, with a sign that tells who has it', async () => {
		await agent.start();
		await until(() => existsSync(sign()));
		const [boot, pid, since, at] = signParts();
		expect(boot).to.equal(
			readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
		);
		expect(Number(pid)).to.equal(process.pid);
		expect(Number(at)).to.be.closeTo(uptime(), 5);
		expect(Number(since)).to.be.closeTo(uptime(), 8);
		expect((statSync(sign()).mode % 0o1000).toString(8)).to.equal('644');
		expect(agent.state).to.equal('waiting');
		expect(server.logins).to.have.length(0);
	});

	it('is given back with its sign when the agent stops, and openvpn paces itself', async () => {
		await agent.start();
		await until(() => existsSync(sign()));
		await agent.stop();
		expect(existsSync(sign())).to.equal(false);
		await until(() => server.connected.size === 1);
		expect(await client.ask('hold')).to.match(/hold=0/);
	});

	it('is taken again, with a new sign, when openvpn is restarted in the middle of a wait', async () => {
		await agent.start();
		await until(() => existsSync(sign()));
		process.kill(client.process.pid!, 'SIGKILL');
		await client.process.ended;
		const before = statSync(sign()).ino;
		await until(() => statSync(sign()).ino !== before);
		client.start();
		await client.hasLogged(/Client connected from/);
		expect(agent.state).to.equal('waiting');
		expect(server.logins).to.have.length(0);
	});

	it('leaves the sign to grow old where it cannot tell openvpn that it goes', async () => {
		await agent.start();
		await until(() => existsSync(sign()));
		process.kill(client.process.pid!, 'SIGKILL');
		await client.process.ended;
		await agent.stop();
		expect(existsSync(sign())).to.equal(true);
	});

	it('takes over at once a link that openvpn has made by itself, whatever wait was due', async () => {
		await client.ask('hold off', 'hold release');
		await until(() => server.connected.size === 1);
		await agent.start();
		const link = await agent.waitUntilUp();
		expect(link.node).to.equal(`127.0.0.1:${server.port}`);
		expect(server.logins).to.have.length(1);
	});
});
