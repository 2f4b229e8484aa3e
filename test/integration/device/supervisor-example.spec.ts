import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	rmSync,
	watch,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import {
	applyVPNControl,
	getVPNStatus,
	initVPN,
	isVPNActive,
	isVPNEnabled,
	setVPNEnabled,
	type VPNHost,
} from '../../../examples/balena-supervisor/cloudlink.js';
import { MockCloudlink } from '../../../src/testing/index.js';
import { eventually } from './eventually.js';

describe('the supervisor example', function () {
	this.timeout(60_000);

	let folder: string;
	let statusPath: string;
	let marker: string;
	let lines: string[];
	let units: string[];
	let mock: MockCloudlink;
	let host: VPNHost;

	const writeConfig = (more: object) => {
		writeFileSync(
			join(folder, 'config.json'),
			JSON.stringify({ uuid: 'a1b2c3d4', deviceApiKey: 'key0123', ...more }),
		);
	};

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		statusPath = join(folder, 'vpn_status');
		marker = join(statusPath, 'active');
		mkdirSync(statusPath);
		lines = [];
		units = [];
		mock = await MockCloudlink.start({});
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		writeConfig({ vpnEndpoint, vpnPort });
		const log = (message: string) => lines.push(message);
		host = {
			log: { debug: log, info: log, warn: log, error: log },
			startUnit: async (unit) => {
				units.push(`start ${unit}`);
				await Promise.resolve();
			},
			stopUnit: async (unit) => {
				units.push(`stop ${unit}`);
				await Promise.resolve();
			},
			link: 'native',
			configPath: join(folder, 'config.json'),
			vpnStatusPath: statusPath,
			servicePorts: [22222],
			insecure: true,
		};
		initVPN(host);
	});

	afterEach(async () => {
		await setVPNEnabled(false);
		await mock.stop();
		rmSync(folder, { recursive: true });
	});

	it('keeps the marker for a native tunnel, as the supervisor that watches its folder sees it', async () => {
		const seen: boolean[] = [];
		const watcher = watch(statusPath, () => {
			void isVPNActive().then((active) => seen.push(active));
		});
		writeFileSync(marker, '');
		await applyVPNControl('true');
		expect(await isVPNEnabled()).to.equal(true);
		await eventually('the link', () => mock.stats().connected === 1);
		await eventually('the marker', isVPNActive);
		expect(await getVPNStatus()).to.deep.equal({
			vpn: { enabled: true, connected: true },
		});
		await mock.crash(0);
		await eventually('its end', async () => !(await isVPNActive()));
		await eventually('the watcher', () => seen.includes(false));
		expect(await isVPNEnabled()).to.equal(true);
		await applyVPNControl('false');
		expect(await getVPNStatus()).to.deep.equal({
			vpn: { enabled: false, connected: false },
		});
		watcher.close();
		expect(lines)
			.to.include('VPN is enabled.')
			.and.to.include('VPN is disabled.');
		expect(lines.join('\n')).not.to.include('key0123');
		expect(units).to.deep.equal([]);
	});

	it("starts the OS's unit before it attaches, and leaves the marker to OpenVPN's scripts", async () => {
		initVPN({
			...host,
			link: 'attach',
			managementSocket: join(folder, 'management.sock'),
		});
		writeFileSync(marker, '');
		await applyVPNControl(undefined);
		expect(units).to.deep.equal(['start openvpn.service']);
		await setVPNEnabled(true);
		expect(units).to.have.length(1);
		expect(existsSync(marker)).to.equal(true);
		await setVPNEnabled(false);
		expect(existsSync(marker)).to.equal(true);
		expect(units).to.deep.equal([
			'start openvpn.service',
			'stop openvpn.service',
		]);
	});

	it('takes switches in turn, and ends as it was told last', async () => {
		const switches = [true, false, true, false, true].map(setVPNEnabled);
		await Promise.all(switches);
		expect(await isVPNEnabled()).to.equal(true);
		await eventually('the marker', isVPNActive);
	});

	it('stays off where it cannot start, and says why', async () => {
		writeFileSync(host.configPath, '{}');
		const problem = await setVPNEnabled(true).catch((error: unknown) => error);
		expect(problem).to.be.instanceOf(Error);
		expect(await isVPNEnabled()).to.equal(false);
		expect(lines.join('\n')).to.include('Could not switch the VPN');
		const [vpnEndpoint, vpnPort] = mock.nodes[0]!.address.split(':');
		writeConfig({ vpnEndpoint, vpnPort });
		await setVPNEnabled(true);
		expect(await isVPNEnabled()).to.equal(true);
	});
});
