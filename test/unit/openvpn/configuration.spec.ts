import { expect } from 'chai';

import { parseConfiguration } from '../../../src/transports/openvpn/configuration.js';
import {
	configuredProtocols,
	configuredRemotes,
} from '../../../src/transports/openvpn/remotes.js';
import {
	keptDirectives,
	replacedDirectives,
} from '../../../src/transports/openvpn/replaced-directives.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';

describe('parseConfiguration', () => {
	it('leaves comments out and keeps blocks together', () => {
		expect(
			parseConfiguration(
				'# a\r\n;b\r\n\r\n  dev tun \r\n--verb 3\r\n<ca>\r\nx\r\n# not a comment\r\n</ca>\r\nnobind',
			),
		).to.deep.equal({
			directives: [
				{ name: 'dev', words: ['tun'], text: 'dev tun' },
				{ name: 'verb', words: ['3'], text: '--verb 3' },
				{
					name: 'ca',
					words: [],
					text: '<ca>\nx\n# not a comment\n</ca>',
					block: 'x\n# not a comment',
				},
				{ name: 'nobind', words: [], text: 'nobind' },
			],
			problems: [],
		});
	});

	it('reads words as openvpn does', () => {
		const words = (text: string) =>
			parseConfiguration(text).directives.map((one) => [
				one.name,
				...one.words,
			]);
		expect(words('"remote" evil.example 443 # the real one')).to.deep.equal([
			['remote', 'evil.example', '443'],
		]);
		expect(words('"user"nobody; x')).to.deep.equal([['user', 'nobody;', 'x']]);
		expect(words('setenv opt remote a 1')).to.deep.equal([
			['remote', 'a', '1'],
		]);
		expect(words('up \'/a b/c.sh\' "d \\"e"  ;f')).to.deep.equal([
			['up', '/a b/c.sh', 'd "e'],
		]);
		expect(words('\uFEFFclient')).to.deep.equal([['client']]);
	});

	it('takes a comment behind a tag for one, and what begins as the end tag for the end', () => {
		const { directives, problems } = parseConfiguration(
			'<connection> # the first\nremote a\n  </connection> # end\n"<ca>"\nx\n</ca>y\nnobind',
		);
		expect(problems).to.deep.equal([]);
		expect(directives.map(({ name, block }) => [name, block])).to.deep.equal([
			['connection', 'remote a'],
			['ca', 'x'],
			['nobind', undefined],
		]);
	});

	for (const [what, text, problem] of [
		['a block without an end', 'dev tun\n<ca>\nx', /line 2: <ca> has no end/],
		['an include', 'config /etc/other.conf', /line 1: `config` reads another/],
		['an include in quotes', '"config" o', /`config` reads another/],
		['a NUL', 'dev tun\0x', /line 1: .*NUL/],
		['an open quotation', '\ncd "x', /line 2: a quotation is not closed/],
		['a stray backslash', 'cd C:\\x', /backslash/],
		['a line that is too long', `cd ${'x'.repeat(300)}`, /longer than 255/],
	] as const) {
		it(`refuses ${what}, and says where`, () => {
			expect(parseConfiguration(text).problems.join()).to.match(problem);
		});
	}

	it('is linear in the length of the text', () => {
		for (const part of [
			'<a>\n</a>\n',
			'<connection>\nremote a\n</connection>\n',
			'"\\\\ ',
		]) {
			const text = part.repeat(Math.floor((512 * 1024) / part.length));
			const startMs = performance.now();
			parseConfiguration(text);
			configuredRemotes(text);
			// Quadratic, it took five seconds and more.
			expect(performance.now() - startMs).to.be.lessThan(2500);
		}
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
			keptDirectives(parseConfiguration(config).directives, 'tcp', isThere).map(
				({ name }) => name,
			),
		).to.deep.equal(['down', 'up-restart', 'up']);
	});

	it('keeps everything else of it, in order', () => {
		const kept = keptDirectives(
			parseConfiguration(STOCK_CONFIG).directives,
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

	it('finds those of one protocol, and those that do not say', () => {
		const config =
			'remote udp.example 443 udp\nremote tcp.example 443 tcp-client\nremote any.example 443';
		expect(configuredRemotes(config, 'udp')).to.deep.equal([
			'udp.example:443',
			'any.example:443',
		]);
		expect(configuredRemotes(config, 'tcp')).to.deep.equal([
			'tcp.example:443',
			'any.example:443',
		]);
		expect(configuredRemotes(`${config}\nproto tcp`, 'udp')).to.deep.equal([
			'udp.example:443',
		]);
	});

	it('finds none where there is none', () => {
		expect(configuredRemotes('client\nremote-random\nremote')).to.deep.equal(
			[],
		);
	});
});

describe('configuredProtocols', () => {
	it('are those of the remotes, in their order, once each', () => {
		expect(
			configuredProtocols(
				'remote a 443 udp\nremote a 443 tcp\nremote b 443 udp',
			),
		).to.deep.equal(['udp', 'tcp']);
		expect(configuredProtocols(STOCK_CONFIG)).to.deep.equal(['tcp']);
		expect(
			configuredProtocols(
				'<connection>\nremote a\nproto tcp\n</connection>\nremote b',
			),
		).to.deep.equal(['tcp', 'udp']);
		expect(configuredProtocols('client')).to.deep.equal([]);
	});
});
