import { expect } from 'chai';

import {
	compose,
	type Composition,
} from '../../../src/transports/openvpn/composition.js';
import { parseConfiguration } from '../../../src/transports/openvpn/configuration.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';

const CA = '-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----';

function lines(overrides: Partial<Composition> = {}): string[] {
	const text = compose({
		protocol: 'tcp',
		directives: [],
		address: '192.0.2.1',
		port: 443,
		managementSocket: '/tmp/with "quotes"/management',
		deadlineMs: 10_000,
		livenessMs: 60_000,
		servername: 'node.example',
		...overrides,
	});
	return parseConfiguration(text).directives.map((directive) => directive.text);
}

describe('compose', () => {
	it('makes a whole configuration around a CA', () => {
		expect(lines({ ca: CA })).to.include.members([
			'client',
			'dev tun',
			'nobind',
			'remote-cert-tls server',
			'verify-x509-name "node.example" name',
			'route-nopull',
			`<ca>\n${CA}\n</ca>`,
			'remote 192.0.2.1 443 tcp4-client',
			'management "/tmp/with \\"quotes\\"/management" unix',
			'management-client',
			'management-hold',
			'management-query-passwords',
			'auth-user-pass',
			'auth-retry nointeract',
			'connect-timeout 15',
			'hand-window 15',
			'ping 15',
			'ping-restart 60',
		]);
	});

	it('makes every time limit of openvpn follow the patience, also one of an hour', () => {
		expect(lines({ ca: CA, deadlineMs: 3_600_000 })).to.include.members([
			'connect-timeout 3605',
			'hand-window 3605',
			// Before the login it runs as well.
			'ping-restart 3605',
			'ping 15',
		]);
	});

	it('leaves it to a configuration what is verified, and which routes are taken', () => {
		const named = (overrides: Partial<Composition>) =>
			lines(overrides).filter((line) => /^(?:verify|route)-/.test(line));
		expect(named({ config: 'client' })).to.deep.equal([]);
		expect(named({ config: 'client', pushedRoutes: false })).to.deep.equal([
			'route-nopull',
		]);
		expect(named({ ca: CA, pushedRoutes: true })).to.deep.equal([
			'verify-x509-name "node.example" name',
		]);
		expect(
			named({ ca: CA, directives: ['verify-x509-name x name-prefix'] }),
		).to.deep.equal(['route-nopull', 'verify-x509-name x name-prefix']);
	});

	it('goes through a proxy, which replaces one of the configuration', () => {
		const config = 'client\nhttp-proxy other 1\nsocks-proxy more 2';
		const proxy = { host: '192.0.2.9', port: 3128 };
		const named = (overrides: Partial<Composition>) =>
			lines({ config, address: 'node.example', ...overrides }).filter((line) =>
				/proxy|^remote /.test(line),
			);
		expect(named({ proxy })).to.deep.equal([
			'http-proxy 192.0.2.9 3128',
			'remote node.example 443 tcp4-client',
		]);
		expect(
			named({
				proxy: {
					...proxy,
					host: '2001:db8::9',
					credentials: { user: 'u', password: 'p #w' },
				},
			}),
		).to.deep.equal([
			'http-proxy 2001:db8::9 3128 stdin basic',
			'<http-proxy-user-pass>\nu\np #w\n</http-proxy-user-pass>',
			'remote node.example 443 tcp6-client',
		]);
	});

	it('names the protocol and the address family', () => {
		const remote = (overrides: Partial<Composition>) =>
			lines(overrides).find((line) => line.startsWith('remote '));
		expect(remote({ protocol: 'udp' })).to.equal('remote 192.0.2.1 443 udp4');
		expect(remote({ address: '2001:db8::1' })).to.equal(
			'remote 2001:db8::1 443 tcp6-client',
		);
	});

	it('leaves one remote, one credential source and no user of the stock configuration', () => {
		// Its scripts are not on this machine.
		const config = STOCK_CONFIG.replaceAll(/\S+script\.sh/g, '/bin/true');
		const all = lines({ config });
		const named = (name: string) =>
			all.filter((line) => line.split(' ')[0] === name);
		expect(named('remote')).to.deep.equal(['remote 192.0.2.1 443 tcp4-client']);
		expect(named('auth-user-pass')).to.deep.equal(['auth-user-pass']);
		expect(named('user')).to.deep.equal([]);
		expect(named('up')).to.deep.equal(['up /bin/true']);
	});

	it('puts the filter against pushed pings before any other filter', () => {
		const all = lines({ config: 'pull-filter accept "ping-exit"' });
		expect(all.filter((line) => line.startsWith('pull-filter'))).to.deep.equal([
			'pull-filter ignore "ping-"',
			'pull-filter accept "ping-exit"',
		]);
	});

	it('appends directives last', () => {
		expect(
			lines({ directives: ['dev null', 'ping-restart 5'] }).slice(-2),
		).to.deep.equal(['dev null', 'ping-restart 5']);
	});

	it('replaces the CA of a configuration by ours', () => {
		const cas = lines({ config: STOCK_CONFIG, ca: CA }).filter((line) =>
			line.startsWith('<ca>'),
		);
		expect(cas).to.deep.equal([`<ca>\n${CA}\n</ca>`]);
	});

	it('goes to the directory of a configuration file, unless it goes somewhere itself', () => {
		const directory = '/etc/openvpn';
		expect(lines({ config: 'ca ca.crt', directory })[1]).to.equal(
			'cd "/etc/openvpn"',
		);
		expect(
			lines({ config: 'cd /elsewhere', directory }).filter((line) =>
				line.startsWith('cd '),
			),
		).to.deep.equal(['cd /elsewhere']);
	});

	it('binds to no port, unless the configuration does', () => {
		expect(lines({ config: 'client' })).to.include('nobind');
		expect(lines({ config: 'client\nlport 1000' })).to.not.include('nobind');
	});

	it('asks often enough within a short liveness', () => {
		expect(lines({ livenessMs: 1500 })).to.include.members([
			'ping 1',
			'ping-restart 15',
		]);
	});
});
