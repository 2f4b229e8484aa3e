import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { resolveRunOptions } from '../../../src/cli/run/options.js';
import { defaultHealthPath } from '../../../src/cli/settings/places.js';
import type { Env, Flags } from '../../../src/cli/settings/types.js';
import type { DeviceConfig } from '../../../src/device/config-json.js';
import { CloudlinkError } from '../../../src/errors.js';

const KEY = 'deadbeefcafe0123';
const CONFIG: DeviceConfig = {
	file: '/mnt/boot/config.json',
	uuid: 'a1b2c3d4',
	deviceApiKey: KEY,
	vpnEndpoint: 'cloudlink.example.com',
	vpnPort: undefined,
	rootCa: undefined,
	cloudlink: undefined,
};

const resolve = (
	flags: Flags = {},
	env: Env = {},
	config: Partial<DeviceConfig> = {},
) =>
	resolveRunOptions({ transports: 'websocket', ...flags }, env, {
		...CONFIG,
		...config,
	});

function problemOf(run: () => unknown): CloudlinkError {
	try {
		run();
	} catch (error) {
		expect(error).to.be.instanceOf(CloudlinkError);
		expect((error as Error).message).not.to.include(KEY);
		return error as CloudlinkError;
	}
	throw new Error('accepted');
}

describe('the options of run', () => {
	it('come from config.json where nothing else is said', () => {
		expect(resolve()).to.deep.include({
			device: { uuid: 'a1b2c3d4', key: KEY },
			nodes: ['cloudlink.example.com:443'],
			transports: [{ name: 'websocket' }],
			services: [],
			insecure: false,
			graceMs: 5000,
			log: 'text',
			statePath: '/var/lib/cloudlink-agent/state.json',
			marker: { value: '/run/openvpn/vpn_status/active', explicit: false },
		});
	});

	it('follow flag before environment before file before default', () => {
		const config = { cloudlink: { services: [1], grace: 3 } };
		const env = { CLOUDLINK_SERVICES: '2,22' };
		const services = (flags: Flags, variables: Env) =>
			resolve(flags, variables, config).services.map(({ port }) => port);
		expect(services({ service: ['3', '33'] }, env)).to.deep.equal([3, 33]);
		expect(services({}, env)).to.deep.equal([2, 22]);
		expect(services({}, {})).to.deep.equal([1]);
		expect(services({}, { CLOUDLINK_SERVICES: '' })).to.deep.equal([1]);
		expect(resolve({}, {}, config).graceMs).to.equal(3000);
	});

	it('take nodes, transports and places in every form that is documented', () => {
		const options = resolve(
			{
				node: ['a.example.com:443', '[::1]:8443'],
				transports: 'websocket, udp,openvpn-tcp,openvpn-udp',
				health: '127.0.0.1:9090',
				marker: 'none',
				state: 'none',
				insecure: true,
			},
			{ CLOUDLINK_LOG: 'json', CLOUDLINK_OTEL: 'yes' },
		);
		expect(options.nodes).to.deep.equal(['a.example.com:443', '[::1]:8443']);
		expect(options.transports.map(({ name }) => name)).to.deep.equal([
			'websocket',
			'udp',
			'openvpn-tcp',
			'openvpn-udp',
		]);
		expect(options).to.deep.include({
			health: { value: { host: '127.0.0.1', port: 9090 }, explicit: true },
			marker: { value: undefined, explicit: true },
			statePath: undefined,
			insecure: true,
			log: 'json',
			otel: true,
		});
	});

	it('leave the marker and the choice of node to an attached openvpn', () => {
		const options = resolve(
			{ transports: 'attach:/run/x.sock' },
			{},
			{ deviceApiKey: undefined },
		);
		expect(options.transports).to.deep.equal([
			{ name: 'attach', socket: '/run/x.sock' },
		]);
		expect(options.marker.value).to.equal(undefined);
		expect(options.nodes).to.deep.equal([]);
	});

	it('name the source of a value that cannot be used, and what can', () => {
		const messages = [
			() => resolve({ node: ['wss://example.com'] }),
			() => resolve({}, { CLOUDLINK_SERVICES: '80,http' }),
			() => resolve({}, {}, { cloudlink: { log: 'xml' } }),
			() => resolve({ health: '0.0.0.0:80' }),
			() => resolve({ grace: 'soon' }),
			() => resolve({ transports: 'websockets' }),
			() => resolve({ proxy: 'proxy.example.com' }),
		].map((run) => problemOf(run).message);
		expect(messages).to.deep.equal([
			'--node must be host:port (no scheme such as wss://), or several with commas between.',
			'CLOUDLINK_SERVICES must be a port from 1 to 65535, or several with commas between.',
			'/mnt/boot/config.json: `cloudlink.log` must be text or json.',
			'--health must be a path with a slash, a port, a loopback address and port, or none.',
			'--grace must be a number of seconds.',
			'--transports must be websocket, udp, openvpn-tcp, openvpn-udp or attach:SOCKET, with commas between.',
			'--proxy must be a URL such as http://proxy.example.com:3128, or none.',
		]);
	});

	it('name the nearest setting for an unknown one in the file', () => {
		expect(
			problemOf(() => resolve({}, {}, { cloudlink: { servces: [1] } })).message,
		).to.include('`cloudlink.servces`; did you mean `services`?');
		problemOf(() => resolve({}, {}, { cloudlink: [] }));
		problemOf(() => resolve({}, {}, { cloudlink: { nodes: {} } }));
	});

	it('name the key that is missing, and what to do', () => {
		const cases: Array<[Partial<DeviceConfig>, string, string]> = [
			[{ uuid: undefined }, '`uuid`', '--uuid'],
			[{ deviceApiKey: undefined }, '`deviceApiKey`', '--key-file'],
			[{ vpnEndpoint: undefined }, '`vpnEndpoint`', '--node'],
		];
		for (const [config, key, flag] of cases) {
			const { message, code } = problemOf(() => resolve({}, {}, config));
			expect(code).to.equal('ERR_CLOUDLINK_INVALID_CONFIG');
			expect(message).to.include('/mnt/boot/config.json').and.to.include(key);
			expect(message).to.include(flag);
		}
		expect(
			problemOf(() =>
				resolveRunOptions({ transports: 'websocket' }, {}, undefined),
			).message,
		).to.include('--config');
	});

	describe('with files', () => {
		let folder: string;

		beforeEach(() => {
			folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		});

		afterEach(() => {
			rmSync(folder, { recursive: true });
		});

		it('read the key from its file for each attempt', async () => {
			const keyFile = join(folder, 'key');
			writeFileSync(keyFile, 'first\n');
			const { key } = resolve({ keyFile }).device;
			expect(key).to.be.a('function');
			const read = key as () => Promise<string>;
			expect(await read()).to.equal('first');
			writeFileSync(keyFile, 'second\n');
			expect(await read()).to.equal('second');
		});

		it('read the authority once, and say so if it cannot be', () => {
			const ca = join(folder, 'ca.pem');
			writeFileSync(ca, 'PEM');
			expect(resolve({ ca }, {}, { rootCa: 'other' }).ca).to.equal('PEM');
			expect(
				problemOf(() => resolve({ ca: join(folder, 'none') })).message,
			).to.include('--ca');
		});

		it('dial with OpenVPN where the cloud has handed out a configuration', () => {
			const openvpnConfig = join(folder, 'openvpn.conf');
			writeFileSync(openvpnConfig, 'client\n');
			const options = resolve({ transports: undefined, openvpnConfig });
			expect(options.transports).to.deep.equal([{ name: 'openvpn-tcp' }]);
			expect(options.openvpnConfig).to.equal(openvpnConfig);
		});

		it('take the protocols of its remotes for transports, in its order, and its nodes where they are several', () => {
			const openvpnConfig = join(folder, 'openvpn.conf');
			const given = (text: string, flags = {}) => {
				writeFileSync(openvpnConfig, text);
				const { transports, nodes } = resolve(
					{ transports: undefined, node: undefined, openvpnConfig, ...flags },
					{},
					{ vpnEndpoint: 'host.example', vpnPort: 443 },
				);
				return { names: transports.map(({ name }) => name), nodes };
			};
			const two = (host: string) =>
				`remote ${host} 443 udp\nremote host.example 443 tcp\n`;
			expect(given(two('host.example'))).to.deep.equal({
				names: ['openvpn-udp', 'openvpn-tcp'],
				nodes: ['host.example:443'],
			});
			expect(given(two('udp.example')).nodes).to.deep.equal([]);
			expect(
				given(two('udp.example'), { node: ['other.example:1'] }).nodes,
			).to.deep.equal(['other.example:1']);
		});
	});

	it('serve health where systemd says, or in a place of their own', () => {
		expect(defaultHealthPath({ RUNTIME_DIRECTORY: '/run/a:/run/b' })).to.equal(
			'/run/a/health.sock',
		);
		expect(defaultHealthPath({})).to.match(/cloudlink-agent\/health\.sock$/);
	});
});
