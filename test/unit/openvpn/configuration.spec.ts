import { expect } from 'chai';

import {
	configuredRemotes,
	keptDirectives,
	parseConfiguration,
	replacedDirectives,
} from '../../../src/transports/openvpn/configuration.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';

describe('parseConfiguration', () => {
	it('leaves comments out and keeps blocks together', () => {
		expect(
			parseConfiguration(
				'# a\r\n;b\r\n\r\n  dev tun \r\n--verb 3\r\n<ca>\r\nx\r\n# not a comment\r\n</ca>\r\nnobind',
			),
		).to.deep.equal([
			{ name: 'dev', text: 'dev tun', inline: false },
			{ name: 'verb', text: '--verb 3', inline: false },
			{
				name: 'ca',
				text: '<ca>\nx\n# not a comment\n</ca>',
				inline: true,
			},
			{ name: 'nobind', text: 'nobind', inline: false },
		]);
	});

	it('takes a block without an end to the end', () => {
		expect(parseConfiguration('<ca>\nx').map(({ text }) => text)).to.deep.equal(
			['<ca>\nx'],
		);
	});
});

describe('replacedDirectives', () => {
	const names = (config: string, protocol?: 'tcp' | 'udp') =>
		replacedDirectives(config, protocol, () => true).map(
			({ directive }) => directive,
		);

	it('lists what the agent decides in the configuration that devices have, with a reason', () => {
		expect(names(STOCK_CONFIG)).to.deep.equal([
			'remote cloudlink.example.com 443',
			'resolv-retry infinite',
			'auth-user-pass /var/volatile/vpn-auth',
			'auth-retry none',
			'proto tcp',
			'verb 3',
			'user openvpn',
			'group openvpn',
		]);
		for (const { why } of replacedDirectives(STOCK_CONFIG)) {
			expect(why).to.have.length.greaterThan(20);
		}
	});

	it('leaves out scripts that are not there, and says so', () => {
		const config = [
			'up "/etc/a/up.sh --now"',
			"down '/etc/a/down.sh'",
			'route-up /etc/a/route.sh x',
			'up-restart',
			'up relative.sh',
		].join('\n');
		const isThere = (program: string) => program === '/etc/a/down.sh';
		expect(
			replacedDirectives(config, 'tcp', isThere).map(
				({ directive }) => directive,
			),
		).to.deep.equal(['up "/etc/a/up.sh --now"', 'route-up /etc/a/route.sh x']);
		expect(
			keptDirectives(parseConfiguration(config), 'tcp', isThere).map(
				({ name }) => name,
			),
		).to.deep.equal(['down', 'up-restart', 'up']);
	});

	it('keeps everything else of it, in order', () => {
		const kept = keptDirectives(
			parseConfiguration(STOCK_CONFIG),
			'tcp',
			() => true,
		);
		expect(kept.map(({ name }) => name)).to.deep.equal([
			'client',
			'remote-cert-tls',
			'tls-version-min',
			'ca',
			'script-security',
			'up',
			'up-restart',
			'down',
			'comp-lzo',
			'dev',
			'dev-type',
			'nobind',
			'persist-key',
			'persist-tun',
			'reneg-bytes',
			'reneg-pkts',
			'reneg-sec',
		]);
	});

	it('never shows what is in a block', () => {
		expect(
			names('<auth-user-pass>\nuuid\nsecret\n</auth-user-pass>'),
		).to.deep.equal(['<auth-user-pass>']);
	});

	it('replaces every management directive, whatever its name', () => {
		expect(
			names('management /x unix\nmanagement-hold\nmanagement-up-down'),
		).to.have.length(3);
	});

	it('replaces over TCP what openvpn takes over UDP only', () => {
		const config = 'explicit-exit-notify 1\nfragment 1300';
		expect(names(config, 'tcp')).to.have.length(2);
		expect(names(config, 'udp')).to.have.length(0);
	});
});

describe('configuredRemotes', () => {
	it('finds remotes with their ports, also in connection blocks', () => {
		expect(
			configuredRemotes(
				[
					'remote a.example 443 tcp',
					'remote b.example',
					'<connection>',
					'remote 2001:db8::1 1195 udp',
					'</connection>',
				].join('\n'),
			),
		).to.deep.equal(['a.example:443', 'b.example:1194', '[2001:db8::1]:1195']);
	});

	it('takes the port directive where a remote has none', () => {
		expect(configuredRemotes('remote a\nport 443')).to.deep.equal(['a:443']);
		expect(configuredRemotes('remote a\nport 1\nrport 2')).to.deep.equal([
			'a:2',
		]);
	});

	it('finds none where there is none', () => {
		expect(configuredRemotes('client\nremote-random\nremote')).to.deep.equal(
			[],
		);
	});
});
