import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	statSync,
	watch,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import {
	healthcheck,
	initVPN,
	isVPNActive,
	isVPNEnabled,
	setVPNEnabled,
	startVPN,
	stopVPN,
	type VPNHost,
} from '../../../examples/balena-supervisor/cloudlink.js';
import { putVPNKey } from '../../../examples/balena-supervisor/cloudlink-credentials.js';
import { readConfigJson } from '../../../src/host.js';
import { CloudlinkAgent, websocket } from '../../../src/index.js';
import { MockCloudlink } from '../../../src/testing/index.js';
import { stopForeign } from '../../support/openvpn-foreign.js';
import {
	NO_TUN,
	needsOpenvpn,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { eventually } from '../device/eventually.js';
import { checkTruthy, FakeUnits } from '../device/fake-supervisor.js';

describe('the supervisor example', function () {
	this.timeout(60_000);

	let folder: string;
	let lines: string[];
	let host: VPNHost;
	let units: FakeUnits;

	const writeConfig = (more: object) => {
		writeFileSync(
			join(folder, 'config.json'),
			JSON.stringify({ uuid: 'a1b2c3d4', deviceApiKey: 'key01234', ...more }),
		);
	};
	/** One turn of the state engine: what differs from the target is set. As `getVPNSteps`. */
	const applyTarget = async (target: string) => {
		if (checkTruthy(await isVPNEnabled()) !== checkTruthy(target)) {
			await setVPNEnabled(target);
		}
	};
	/** What a supervisor that starts knows: nothing. */
	const startSupervisor = (more: Partial<VPNHost> = {}) => {
		const log = (message: string) => lines.push(message);
		host = {
			log: { debug: log, info: log, warn: log, error: log },
			dbus: units.dbus,
			checkTruthy,
			configPath: join(folder, 'config.json'),
			vpnStatusPath: join(folder, 'vpn_status'),
			pollMs: 200,
			...more,
		};
		initVPN(host);
		startVPN();
	};

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		mkdirSync(join(folder, 'vpn_status'));
		lines = [];
	});
	afterEach(async () => {
		await stopVPN();
		rmSync(folder, { recursive: true });
	});

	describe('attached to the OS', () => {
		before(function () {
			needsOpenvpn(this);
		});
		watchLeftovers();

		let server: Awaited<ReturnType<typeof startServer>>;
		const start = () => {
			startSupervisor({ managementSocket: units.openvpn!.socket });
		};
		const isConnected = () => lines.some((line) => line.includes('is active'));

		beforeEach(async () => {
			server = await startServer();
			const credentials = join(folder, 'vpn-auth');
			writeFileSync(credentials, 'uuid1\nkey1\n', { mode: 0o600 });
			units = new FakeUnits([
				'client',
				`remote 127.0.0.1 ${server.port} tcp4-client`,
				`<ca>\n${server.ca}</ca>`,
				`auth-user-pass ${credentials}`,
				'nobind',
				'connect-retry 1 5',
				...NO_TUN,
			]);
			writeConfig({});
			// The boot has started it, and knows where its socket is.
			await units.start();
		});
		afterEach(async () => {
			await stopVPN();
			await stopForeign();
			await server.stop();
		});

		it('attaches to the unit that the boot has started, and asks systemd for nothing', async () => {
			start();
			await eventually('the link', isConnected);
			expect(await isVPNEnabled()).to.equal(true);
			expect(units.asked).to.deep.equal([]);
			expect(await healthcheck()).to.equal(true);
		});

		it('leaves the link up, and openvpn without a hold, when the supervisor ends', async () => {
			start();
			await eventually('the link', isConnected);
			await stopVPN();
			expect(server.connected.size).to.equal(1);
			expect(await units.openvpn!.ask('hold')).to.match(/hold=0/);
			expect(existsSync(`${units.openvpn!.socket}.agent`)).to.equal(false);
		});

		it('takes the link over when the next supervisor starts', async () => {
			start();
			await eventually('the link', isConnected);
			await stopVPN();
			lines.length = 0;
			start();
			await eventually('the link', isConnected);
			expect(server.logins).to.have.length(1);
		});

		it('names the unit as the supervisor does, and stays off over restarts once it is off', async () => {
			start();
			await eventually('the link', isConnected);
			for (const off of ['false', '', 'no']) {
				await applyTarget(off);
				expect(await isVPNEnabled()).to.equal(false);
			}
			expect(units.asked).to.deep.equal(['stop openvpn.service']);
			await stopVPN();
			start();
			await applyTarget('false');
			await eventually('its end', () => units.activeState === 'inactive');
			expect(units.asked).to.have.length(1);
		});

		it('is off, and throws nothing, where systemd forgets a unit that has stopped', async () => {
			start();
			await eventually('the link', isConnected);
			units.isForgotten = true;
			await applyTarget('false');
			await eventually('its end', () => units.activeState === 'inactive');
			expect(await isVPNEnabled()).to.equal(false);
			await applyTarget('true');
			expect(units.asked).to.deep.equal([
				'stop openvpn.service',
				'start openvpn.service',
			]);
		});

		it('is switched off again after a boot that has started the unit', async () => {
			start();
			await applyTarget('false');
			await stopVPN();
			await units.start();
			start();
			await applyTarget('false');
			await eventually('its end', () => units.activeState === 'inactive');
			expect(units.asked.at(-1)).to.equal('stop openvpn.service');
		});

		it('is started again when the unit was stopped from outside', async () => {
			start();
			await eventually('the link', isConnected);
			await units.stop();
			expect(await isVPNEnabled()).to.equal(false);
			lines.length = 0;
			await applyTarget('true');
			expect(units.asked).to.deep.equal(['start openvpn.service']);
			await eventually('the link', isConnected);
		});

		it('follows a unit that is stopped and started from outside, as os-config does', async () => {
			start();
			await eventually('the link', isConnected);
			await units.stop();
			await eventually('its end', () =>
				lines.some((line) => line.includes('is not active')),
			);
			lines.length = 0;
			await units.start();
			await eventually('the link', isConnected);
			expect(units.asked).to.deep.equal([]);
		});

		it('takes switches in turn, and ends as it was told last', async () => {
			start();
			const switches = ['on', 'off', 'on', 'off', 'on'].map(setVPNEnabled);
			await Promise.all(switches);
			expect(await isVPNEnabled()).to.equal(true);
			await eventually('the link', () => server.connected.size === 1);
		});

		it('has openvpn log in with a key that was corrected in the supervisor after a refusal', async () => {
			await units.stop();
			await server.stop();
			const credentials = join(folder, 'vpn-auth');
			const old = 'a1b2c3d4\nold01234\n';
			writeFileSync(credentials, old);
			chmodSync(credentials, 0o640);
			server = await startServer({
				port: server.port,
				authenticate: ({ key }) =>
					key === 'new01234' ? { accept: [] } : { deny: 'no' },
			});
			writeConfig({ deviceApiKey: 'old01234' });
			await units.start();
			const configPath = join(folder, 'config.json');
			startSupervisor({
				managementSocket: units.openvpn!.socket,
				credentials: {
					path: credentials,
					currentApiKey: async () =>
						(await readConfigJson(configPath)).deviceApiKey,
				},
			});
			await eventually('a refusal', () => lines.join().includes('Not let in'));
			expect(readFileSync(credentials, 'utf8')).to.equal(old);
			writeConfig({ deviceApiKey: 'new01234' });
			await eventually('the link', isConnected, { withinMs: 30_000 });
			expect(server.logins.map(({ key }) => key)).to.deep.equal([
				'old01234',
				'new01234',
			]);
			expect(statSync(credentials).mode % 0o1000).to.equal(0o640);
			expect(lines.join()).to.not.match(/old01234|new01234/);
		});

		it("leaves the credentials of a VPN server of one's own alone, and a host that has none", async () => {
			const credentials = join(folder, 'vpn-auth');
			for (const path of [credentials, join(folder, 'none')]) {
				expect(await putVPNKey(path, 'a1b2c3d4', 'key')).to.equal(false);
			}
			expect(readFileSync(credentials, 'utf8')).to.equal('uuid1\nkey1\n');
		});

		it('throws nothing on a device that is not provisioned, and starts by itself when it is', async () => {
			writeFileSync(join(folder, 'config.json'), '{}');
			start();
			await eventually('a word', () => lines.length > 0);
			expect(lines.join()).to.include('waits for the device to be provisioned');
			writeConfig({});
			await eventually('the link', isConnected);
			expect(
				lines.filter((line) => line.includes('provisioned')),
			).to.have.length(1);
		});

		it('throws nothing where there is no configuration and no such unit', async () => {
			rmSync(join(folder, 'config.json'));
			start();
			await eventually('a word', () => lines.length > 0);
			await stopVPN();
			units = new FakeUnits([], 'other.service');
			startSupervisor({ managementSocket: '/nowhere' });
			expect(await isVPNEnabled()).to.equal(false);
			expect(await healthcheck()).to.equal(true);
		});
	});

	describe('with a tunnel of its own, where there is no openvpn.service', () => {
		it('keeps the marker, as the supervisor that watches its folder sees it', async () => {
			const mock = await MockCloudlink.start({});
			const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
			writeConfig({ vpnEndpoint, vpnPort });
			units = new FakeUnits([], 'other.service');
			startSupervisor({
				makeAgent: ({ uuid, deviceApiKey: key }) =>
					new CloudlinkAgent({
						device: { uuid: uuid!, key },
						nodes: [`${vpnEndpoint}:${vpnPort}`],
						transports: [websocket({ insecure: true })],
					}),
			});
			const seen: boolean[] = [];
			const watcher = watch(host.vpnStatusPath, () => {
				void isVPNActive().then((active) => seen.push(active));
			});
			expect(await isVPNEnabled()).to.equal(false);
			await applyTarget('true');
			await eventually('the marker', isVPNActive);
			expect(mock.stats().connected).to.equal(1);
			await mock.crash(0);
			await eventually('its end', async () => !(await isVPNActive()));
			await eventually('the watcher', () => seen.includes(false));
			await applyTarget('false');
			expect(await isVPNEnabled()).to.equal(false);
			expect(lines.join('\n')).not.to.include('key01234');
			watcher.close();
			await mock.stop();
		});
	});
});
