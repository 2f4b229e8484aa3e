import { expect } from 'chai';

import {
	diffNetwork,
	isUp,
	networkId,
	outwardAddresses,
	parseRoutes,
	parseRoutes6,
	routesText,
	usedRoutes,
	type NetworkSnapshot,
} from '../../../src/device/network-snapshot.js';

const HEADER =
	'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const route = (
	name: string,
	destination: string,
	gateway: string,
	flags: string,
	mask: string,
	metric = 100,
) =>
	`${name}\t${destination}\t${gateway}\t${flags}\t0\t0\t${metric}\t${mask}\t0\t0\t0 \n`;

const all = { has: () => true } as unknown as Set<string>;

describe('network snapshot', () => {
	const home: NetworkSnapshot = {
		routes: ['wlan0 via 0101A8C0'],
		addresses: ['wlan0 192.168.1.7'],
		resolvConf: 'nameserver 192.168.1.1\n',
	};

	it('finds the default routes that lead out of the device', () => {
		const text =
			HEADER +
			route('eth0', '00000000', '0101A8C0', '0003', '00000000') +
			route('eth0', '0001A8C0', '00000000', '0001', '00FFFFFF') +
			route('docker0', '00000000', '00000000', '0001', '00000000') +
			route('eth1', '00000000', '00000000', '0201', '00000000') +
			route('eth2', '00000000', '00000000', '0002', '00000000');
		const routes = parseRoutes(text);
		expect(usedRoutes(routes, all)).to.deep.equal(['eth0 via 0101A8C0']);
		expect(routesText(routes)).to.include('eth0 0001A8C0/00FFFFFF');
		expect(parseRoutes('')).to.deep.equal([]);
		expect(parseRoutes(HEADER)).to.deep.equal([]);
	});

	it('tells the default route that is used: that of the lowest metric on an interface that runs', () => {
		const both = (eth: number) =>
			parseRoutes(
				HEADER +
					route('eth0', '00000000', '01', '0003', '00000000', eth) +
					route('wwan0', '00000000', '02', '0003', '00000000', 700),
			);
		expect(usedRoutes(both(100), all)).to.deep.equal(['eth0 via 01']);
		// NetworkManager adds 20,000 to the metric of an uplink that leads nowhere.
		expect(usedRoutes(both(20_100), all)).to.deep.equal(['wwan0 via 02']);
		expect(usedRoutes(both(100), new Set(['wwan0']))).to.deep.equal([
			'wwan0 via 02',
		]);
		expect(usedRoutes(both(100), new Set())).to.deep.equal([]);
	});

	it('takes no tunnel for a way out, our own least of all', () => {
		for (const name of [
			'resin-vpn',
			'tun0',
			'wg0',
			'balena0',
			'supervisor0',
			'br-1f',
			'veth1',
			'lo',
		]) {
			const text = HEADER + route(name, '00000000', '01', '0003', '00000000');
			expect(parseRoutes(text), name).to.deep.equal([]);
		}
	});

	it('finds default routes over IPv6, and not the kernel\'s "unreachable" one', () => {
		const zeros = '0'.repeat(32);
		const gateway = 'fe80000000000000000000000000000a';
		const text =
			`${zeros} 00 ${zeros} 00 ${gateway} 00000400 00000001 00000000 00450003     eth0\n` +
			`${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo\n` +
			`${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200     eth9\n` +
			`fe800000000000000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000001 00000000 00000001     eth0\n`;
		expect(usedRoutes(parseRoutes6(text), all)).to.deep.equal([
			`eth0 via ${gateway}`,
		]);
		expect(parseRoutes6('')).to.deep.equal([]);
	});

	it("lists the device's addresses, not those of containers and not IPv6, which change by themselves", () => {
		const info = { netmask: '', mac: '', cidr: null, internal: false };
		expect(
			outwardAddresses({
				wlan0: [
					{ ...info, family: 'IPv4', address: '10.0.0.2' },
					{ ...info, family: 'IPv6', address: 'fe80::1', scopeid: 2 },
				],
				eth0: [{ ...info, family: 'IPv4', address: '10.0.0.1' }],
				docker0: [{ ...info, family: 'IPv4', address: '172.17.0.1' }],
				lo: [{ ...info, family: 'IPv4', address: '127.0.0.1', internal: true }],
			}),
		).to.deep.equal(['eth0 10.0.0.1', 'wlan0 10.0.0.2']);
	});

	it("is up with a default route, and with an address in somebody's network alone", () => {
		const nowhere = { ...home, routes: [], addresses: [] };
		expect(isUp(home)).to.equal(true);
		expect(isUp({ ...home, routes: [] })).to.equal(true);
		expect(isUp(nowhere)).to.equal(false);
		expect(isUp({ ...nowhere, addresses: ['eth0 169.254.3.4'] })).to.equal(
			false,
		);
		expect(isUp({ ...home, routes: undefined })).to.equal(true);
		expect(isUp({ ...home, routes: undefined, addresses: [] })).to.equal(false);
	});

	it('has one name for one network, whatever another uplink does', () => {
		expect(networkId(home)).to.equal(
			networkId({
				...home,
				addresses: [...home.addresses, 'wwan0 100.64.0.2'],
				otherRoutes: 'wwan0  01 700',
			}),
		);
		expect(networkId(home)).to.equal(networkId({ ...home }));
		expect(networkId(home)).not.to.equal(
			networkId({ ...home, routes: ['wlan0 via 0100000A'] }),
		);
	});

	it('tells what changed, and nothing where nothing did', () => {
		const reason = (after: Partial<NetworkSnapshot>) =>
			diffNetwork(home, { ...home, ...after })?.reason;
		expect(reason({})).to.equal(undefined);
		expect(reason({ routes: [], addresses: [] })).to.include('network is gone');
		expect(reason({ routes: [] })).to.equal('The default route changed: none.');
		expect(reason({ otherRoutes: 'x' })).to.equal('The routes changed.');
		expect(reason({ routes: ['eth0 via 0101A8C0'] })).to.equal(
			'The default route changed: eth0 via 0101A8C0.',
		);
		expect(reason({ addresses: ['wlan0 192.168.1.8'] })).to.include(
			'address changed',
		);
		expect(reason({ resolvConf: '' })).to.equal('The name servers changed.');
		const back = diffNetwork({ ...home, routes: [], addresses: [] }, home);
		expect(back).to.include({ up: true, id: networkId(home) });
		expect(back?.reason).to.include('network is back');
	});
});
