import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
	connect,
	createServer as createTcpServer,
	type AddressInfo,
	type Socket,
} from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';

import { runDoctor } from '../../../src/cli/doctor/run-doctor.js';
import type { Finding } from '../../../src/cli/doctor/finding.js';
import { createCertificateAuthority } from '../../../src/testing/certificates.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';
import type { AgentStatus } from '../../../src/agent/status.js';
import { startHealthServer } from '../../../src/telemetry/server.js';
import { upStatus, waitingStatus } from '../../unit/telemetry/fake-agent.js';
import { DeviceFolder, KEY, UUID, command } from './agent-process.js';

describe('cloudlink-agent doctor', function () {
	this.timeout(60_000);

	let mock: MockCloudlink | undefined;
	let device: DeviceFolder;

	const startMock = async (options: MockCloudlinkOptions) => {
		mock = await MockCloudlink.start(options);
		return mock.nodes[0]!.address;
	};
	const examine = async (flags: object) => {
		const found: Finding[] = [];
		const healthy = await runDoctor(
			{
				transports: 'websocket',
				config: device.config,
				health: device.health,
				...flags,
			},
			{},
			(finding) => found.push(finding),
		);
		const of = (check: string) => found.find((one) => one.check === check);
		return { healthy, found, of };
	};
	const grades = (found: Finding[], ...checks: string[]) =>
		checks.map((check) => found.find((one) => one.check === check)?.grade);

	beforeEach(() => {
		device = new DeviceFolder();
		device.writeConfig();
	});

	afterEach(async () => {
		await mock?.stop();
		mock = undefined;
		device.remove();
	});

	it('finds nothing wrong with a healthy node, over TCP and UDP, and touches no link of the device', async () => {
		const node = await startMock({
			tls: true,
			authenticate: (_uuid, key) => key === KEY,
		});
		const { found, of } = await examine({
			node: [node],
			ca: writeCa(),
			transports: 'websocket,udp',
		});
		expect(
			grades(
				found,
				'config',
				'DNS',
				`TCP ${node.split(':')[1]}`,
				'TLS',
				'websocket',
				'udp',
			),
			JSON.stringify(found),
		).to.deep.equal(['ok', 'ok', 'ok', 'ok', 'ok', 'ok']);
		expect(of('websocket')!.seen).to.include('accepts this device');
		expect(of('verdict')).to.include({
			grade: 'ok',
			seen: 'The way to the node is open, and the node accepts this device.',
		});
		expect(of('TLS')!.seen).to.include("the device's clock lies within");
	});

	it("dials in nobody's name on request, and then does not say that the key is good", async () => {
		const node = await startMock({ authenticate: (_, key) => key === KEY });
		const { of } = await examine({
			node: [node],
			insecure: true,
			anonymous: true,
		});
		expect(of('websocket')!.seen).to.include('asks for credentials');
		expect(of('verdict')!.grade).to.equal('note');
		expect(of('verdict')!.seen).to.include('nobody asked the node');
		expect(mock!.stats().accepted).to.equal(0);
	});

	const withAgent = async (status: AgentStatus, work: () => Promise<void>) => {
		const server = await startHealthServer({
			address: { path: device.health },
			status: () => status,
			health: () => ({ ok: true, reason: 'The agent works.' }),
			metrics: () => '',
		});
		try {
			await work();
		} finally {
			await server.close();
		}
	};

	it('asks the running agent: with a link of its own nothing is dialled in its name', async () => {
		const node = await startMock({ authenticate: () => false });
		await withAgent(upStatus(), async () => {
			const { of, healthy } = await examine({ node: [node], insecure: true });
			expect(of('agent')!.grade).to.equal('ok');
			expect(of('key')!.seen).to.include('accepts this device');
			expect(of('verdict')!.seen).to.match(/^The device is connected\./);
			expect(mock!.stats().perDevice).not.to.have.property(UUID);
			expect(healthy).to.equal(true);
		});
	});

	it("gives no advice that the agent's last outcomes contradict: who is throttled has a route", async () => {
		const closed = await startMock({});
		await mock!.crash(0);
		await withAgent(waitingStatus(30_000), async () => {
			const { of, found } = await examine({ node: [closed], insecure: true });
			expect(of('agent')!.seen).to.match(
				/^Not connected, since throttled \(http-429\).* It waits 30 s more/,
			);
			expect(of('key')!.seen).to.include('Not tried');
			const tcp = found.find(({ check }) => check.startsWith('TCP'))!;
			expect(tcp.grade).to.equal('warning');
			expect(tcp.advice).to.include('the way is open');
			expect(of('verdict')!.grade).to.equal('warning');
		});
	});

	it('takes a limiter that resets for what it is, and no missing route', async () => {
		const limiter = createTcpServer((socket) => socket.resetAndDestroy());
		limiter.listen(0, '127.0.0.1');
		await once(limiter, 'listening');
		const { port } = limiter.address() as AddressInfo;
		const { found, of } = await examine({
			node: [`127.0.0.1:${port}`],
			insecure: true,
		});
		expect(of('websocket')!.grade).to.equal('warning');
		expect(JSON.stringify(found)).not.to.match(/no route to the node|443/);
		expect(of('verdict')!.advice).to.include('comes back by itself');
		limiter.close();
	});

	it('shows no dump of OpenSSL where something else than TLS answers', async () => {
		const node = await startMock({});
		const { found } = await examine({
			node: [node],
			transports: 'websocket,udp',
		});
		expect(found.find(({ check }) => check === 'TLS')!.seen).to.match(
			/^What answers does not speak TLS: [a-z ]+\.$/i,
		);
		expect(JSON.stringify(found)).not.to.match(/openssl|SSL routines/);
	});

	it('looks at UDP too where it was not asked for, and takes no offence if it is blocked', async () => {
		const node = await startMock({});
		await mock!.setFault(0, { udp: 'blackhole' });
		const { of } = await examine({ node: [node], insecure: true });
		expect(of('websocket')!.grade).to.equal('ok');
		expect(of('udp')!.grade).to.equal('note');
		expect(of('udp')!.advice).to.include('UDP is blocked');
	});

	it('leaves an openvpn that is attached to alone', async () => {
		const { of } = await examine({
			node: ['127.0.0.1:1'],
			transports: 'attach:/nonexistent/management.sock',
			openvpnBinary: '/nonexistent/openvpn',
		});
		expect(of('openvpn')!.grade).to.equal('note');
		expect(of('openvpn-tcp')!.grade).to.equal('note');
		expect(of('openvpn-tcp')!.seen).to.include('Not tried');
	});

	it('tries the remote of the configuration that the cloud hands out, where no node is named', async () => {
		device.write('openvpn.conf', 'remote 127.0.0.1 1\n');
		const { of } = await examine({
			transports: 'openvpn-tcp',
			openvpnConfig: device.path('openvpn.conf'),
		});
		expect(of('node')).to.equal(undefined);
		expect(of('TCP 1')!.seen).to.include('ECONNREFUSED');
	});

	it("finds that the node refuses the device's own key, and says so in its verdict", async () => {
		const node = await startMock({ authenticate: () => false });
		const flags = { node: [node], insecure: true };
		const { healthy, of } = await examine(flags);
		expect(of('verdict')!.grade).to.equal('failure');
		expect(of('verdict')!.seen).to.match(
			/^Mend this first: websocket: The node does not know this uuid and key/,
		);
		expect(of('websocket')!.grade).to.equal('failure');
		expect(of('websocket')!.advice).to.include('config.json');
		expect(healthy).to.equal(false);
	});

	it('takes a throttling node for what it is: reachable, and asking for patience', async () => {
		const node = await startMock({
			acceptRatePerSecond: 0.001,
			burst: 0,
			throttle: { retryAfterSeconds: 30 },
		});
		const { healthy, of } = await examine({ node: [node], insecure: true });
		expect(of('websocket')!.grade).to.equal('warning');
		expect(of('websocket')!.seen).to.include('come back in 30 s');
		expect(healthy).to.equal(
			!(await examine({})).found.some(({ grade }) => grade === 'failure'),
		);
	});

	it('finds a node whose packets are dropped on the way', async () => {
		const node = await startMock({});
		await mock!.setFault(0, { tcp: 'blackhole', udp: 'blackhole' });
		const { healthy, of } = await examine({
			node: [node],
			insecure: true,
			transports: 'websocket,udp',
		});
		expect(healthy).to.equal(false);
		const tcp = of(`TCP ${node.split(':')[1]}`)!;
		// On Linux no SYN is answered; elsewhere the listener is only mute.
		if (process.platform === 'linux') {
			expect(tcp.grade).to.equal('failure');
			expect(tcp.seen).to.include('no answer within 5 s');
			expect(tcp.advice).to.include('drops packets');
			expect(of('websocket')!.seen).to.include('Not tried');
		}
		expect(of('udp')!.grade).to.equal('failure');
		expect(of('udp')!.advice).to.include('UDP is blocked');
	});

	it('takes a certificate that is not valid yet as a clock that is behind', async () => {
		const node = await startMock({
			tls: true,
			certificateFlaw: 'not-yet-valid',
		});
		const { healthy, of } = await examine({ node: [node], ca: writeCa() });
		expect(healthy).to.equal(false);
		expect(of('TLS')!.grade).to.equal('failure');
		expect(of('TLS')!.seen).to.match(/the clock is behind by .+ or more/);
		expect(of('websocket')!.advice).to.include('NTP');
	});

	it('tells an unknown authority, a foreign name and an expired certificate apart', async () => {
		for (const [certificateFlaw, seen] of [
			['unknown-ca', /is not trusted/],
			['wrong-host', /does not name 127\.0\.0\.1/],
			['expired', /was valid until/],
		] as const) {
			const node = await startMock({ tls: true, certificateFlaw });
			const { of } = await examine({ node: [node], ca: writeCa() });
			expect(of('TLS')!.seen).to.match(seen);
			expect(of('websocket')!.grade).to.equal('failure');
			await mock!.stop();
			mock = undefined;
		}
	});

	it('finds a portal or filter that answers in place of the node', async () => {
		const portal = createServer((_request, response) => {
			response.end('Please log in.');
		});
		portal.listen(0, '127.0.0.1');
		await once(portal, 'listening');
		const { port } = portal.address() as AddressInfo;
		const plain = await examine({
			node: [`127.0.0.1:${port}`],
			insecure: true,
		});
		expect(plain.of('websocket')!.advice).to.include('captive portal');
		const overTls = await examine({ node: [`127.0.0.1:${port}`] });
		expect(overTls.of('TLS')!.seen).to.include('does not speak TLS');
		portal.close();
	});

	it('finds a port where nothing listens, and a name that is none', async () => {
		const server = createTcpServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		await new Promise((resolve) => server.close(resolve));
		const closed = await examine({ node: [`127.0.0.1:${port}`] });
		expect(closed.of(`TCP ${port}`)!.seen).to.include('ECONNREFUSED');
		const nameless = await examine({ node: ['no-such-node.invalid:443'] });
		expect(nameless.of('DNS')!.grade).to.equal('failure');
		expect(nameless.of('TCP 443')).to.equal(undefined);
	});

	it('goes through a proxy where one is set, and says when it refuses', async () => {
		const proxy = createTcpServer((socket) => {
			socket.on('error', () => undefined);
			socket.once('data', () => {
				socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
			});
		});
		proxy.listen(0, '127.0.0.1');
		await once(proxy, 'listening');
		const { port } = proxy.address() as AddressInfo;
		const { of } = await examine({
			node: ['127.0.0.1:443'],
			proxy: `http://user:hunter22@127.0.0.1:${port}`,
		});
		expect(of('TCP 443')).to.equal(undefined);
		expect(of('proxy')!.seen).to.include('***@').and.not.to.include('hunter22');
		expect(of('websocket')!.grade).to.equal('failure');
		expect(of('websocket')!.advice).to.include('proxy');
		proxy.close();
	});

	it('goes through an https:// proxy that is trusted, and says why where it is not', async () => {
		const node = await startMock({});
		const authority = await createCertificateAuthority();
		const proxy = createSecureServer(
			await authority.issue({ names: ['localhost'] }),
		);
		proxy.on('connect', (request: IncomingMessage, inner: Socket) => {
			const outer = connect(Number(request.url!.split(':')[1]), '127.0.0.1');
			outer.on('error', () => undefined);
			inner.on('error', () => undefined);
			inner.write('HTTP/1.1 200 OK\r\n\r\n');
			inner.pipe(outer).pipe(inner);
		});
		proxy.listen(0);
		await once(proxy, 'listening');
		const { port } = proxy.address() as AddressInfo;
		device.write('proxy-ca.pem', authority.ca);
		const websocket = async (env: NodeJS.ProcessEnv) => {
			const { stdout } = await command(
				[
					...['doctor', '--json', '--insecure', '--config', device.config],
					...['--transports', 'websocket', '--node', node],
					...['--proxy', `https://localhost:${port}`],
				],
				env,
			);
			const { findings } = JSON.parse(stdout) as { findings: Finding[] };
			return findings.find(({ check }) => check === 'websocket')!;
		};
		const ca = device.path('proxy-ca.pem');
		const trusted = await websocket({ NODE_EXTRA_CA_CERTS: ca });
		expect(trusted.grade, JSON.stringify(trusted)).to.equal('ok');
		const strange = await websocket({});
		expect(strange.grade).to.equal('failure');
		expect(strange.seen).to.match(/proxy localhost:\d+ .*certificate/);
		proxy.closeAllConnections();
		proxy.close();
	});

	it('takes its nodes, transports and uuid from the section of config.json too, as the agent does', async () => {
		const uuids: string[] = [];
		const node = await startMock({
			authenticate: (uuid) => {
				uuids.push(uuid);
				return true;
			},
		});
		device.writeConfig({
			uuid: undefined,
			cloudlink: {
				uuid: 'abcdef0',
				nodes: [node],
				insecure: true,
				transports: 'websocket',
			},
		});
		const { found, of } = await examine({
			transports: undefined,
			authenticate: true,
		});
		expect(of('websocket')!.grade, JSON.stringify(found)).to.equal('ok');
		expect(of('node')).to.equal(undefined);
		expect(uuids).to.include('abcdef0').and.not.to.include('0');
	});

	it('goes on where config.json is broken, and says what keeps the agent from starting', async () => {
		const node = await startMock({});
		device.write('config.json', '{ "uuid": ');
		const broken = await examine({ node: [node], insecure: true });
		expect(broken.of('config')!.grade).to.equal('failure');
		expect(broken.of('config')!.seen).to.include('not valid JSON');
		expect(broken.of('websocket')!.grade).to.equal('ok');
		expect(broken.healthy).to.equal(false);

		device.writeConfig({ cloudlink: { nodez: [] } });
		const section = await examine({ node: [node], insecure: true });
		expect(
			section.found
				.filter(({ check }) => check === 'config')
				.map(({ grade }) => grade),
		).to.deep.equal(['ok', 'failure']);
		expect(JSON.stringify(section.found)).to.include('did you mean `nodes`');
		expect(section.of('websocket')!.grade).to.equal('ok');

		device.writeConfig({ uuid: undefined });
		const unregistered = await examine({ node: [node], insecure: true });
		expect(JSON.stringify(unregistered.found)).to.include('`uuid` is missing');
	});

	it('goes on where the key file cannot be read', async () => {
		const node = await startMock({});
		const { of } = await examine({
			node: [node],
			insecure: true,
			keyFile: device.path('no-such-key'),
		});
		expect(of('key')!.grade).to.equal('failure');
		expect(of('key')!.seen).to.include('ENOENT');
		expect(of('websocket')!.grade).to.equal('ok');
	});

	it('looks at the device alone where no node is known', async () => {
		const { found, of } = await examine({});
		expect(of('node')!.advice).to.include('--node');
		expect(found.map(({ check }) => check)).to.include.members([
			'clock',
			'route',
			'resolver',
			'proxy',
			'openvpn',
			'tun',
		]);
	});

	it('answers programs in JSON, without the key, and by its exit code', async () => {
		const node = await startMock({ authenticate: () => false });
		const { code, stdout } = await command([
			'doctor',
			'--json',
			'--authenticate',
			'--insecure',
			'--transports',
			'websocket',
			'--config',
			device.config,
			'--node',
			node,
		]);
		expect(code).to.equal(1);
		const report = JSON.parse(stdout) as {
			healthy: boolean;
			findings: Finding[];
		};
		expect(report.healthy).to.equal(false);
		expect(report.findings.map(({ check }) => check)).to.include('websocket');
		expect(stdout).not.to.include(KEY);
	});

	function writeCa(): string {
		device.write('ca.pem', mock!.ca);
		return device.path('ca.pem');
	}
});
