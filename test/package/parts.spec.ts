import { expect } from 'chai';

import { MockCloudlink } from '../../src/testing/index.js';
import { installPacked, type Packed } from './packed.js';

/** What only one transport needs, or nothing that is not asked for. */
const COSTLY = [
	'child_process',
	'crypto',
	'dgram',
	'fs/promises',
	'http',
	'http2',
	'tls',
	'debug',
	'ws',
];

/** Prints which of these a process has loaded that did not have them at first. */
const LOADED = `
const { builtinModules } = require('node:module');
const loaded = () => [
	...process.moduleLoadList.map((name) => name.replace('NativeModule ', '')),
	...Object.keys(require.cache).flatMap((file) => /node_modules.([^/\\\\]+)/.exec(file)?.slice(1) ?? []),
];
const before = new Set(loaded());
const costly = () => ${JSON.stringify(COSTLY)}.filter((name) => !before.has(name) && loaded().includes(name));
`;

const FACTORIES = ['openvpn', 'websocket', 'udp'];

/** Entries with one transport each. */
const ONE = ['openvpn-attached', ...FACTORIES];

describe('each transport by itself', function () {
	this.timeout(120_000);

	let packed: Packed;

	before(() => {
		packed = installPacked();
	});

	after(() => {
		packed.remove();
	});

	for (const entry of [
		'cloudlink-agent',
		...ONE.map((name) => `cloudlink-agent/${name}`),
	]) {
		it(`costs nothing before it is dialled: ${entry}`, () => {
			const printed = packed.script(
				'costs.cjs',
				`${LOADED}
				const all = require('${entry}');
				for (const name of ${JSON.stringify(FACTORIES)}) {
					all[name]?.(${entry.endsWith('attached') ? "{ attach: '/run/x' }" : ''});
				}
				console.log(JSON.stringify(costly()));`,
			);
			// Options read certificates; the root also has what reads config.json and tells systemd (by a program, for which Node loads dgram).
			const allowed = {
				'cloudlink-agent': ['child_process', 'crypto', 'dgram', 'fs/promises'],
				'cloudlink-agent/openvpn': [],
				'cloudlink-agent/openvpn-attached': [],
			}[entry] ?? ['crypto'];
			expect(
				(JSON.parse(printed) as string[]).filter(
					(name) => !allowed.includes(name),
				),
			).to.deep.equal([]);
		});
	}

	it('brings what it needs when it is dialled: the test above can fail', async () => {
		const mock = await MockCloudlink.start({});
		try {
			// The mock lives in this process, so the script must not be waited for synchronously.
			const printed = await packed.run(
				'dials.cjs',
				`${LOADED}
				const { CloudlinkAgent, websocket } = require('cloudlink-agent/websocket');
				const agent = new CloudlinkAgent({
					device: { uuid: 'a1b2', key: 'key' },
					nodes: ['${mock.nodes[0]!.address}'],
					transports: [websocket({ insecure: true })],
				});
				void agent.start()
					.then(() => agent.waitUntilUp())
					.then(() => agent.stop())
					.then(() => console.log(JSON.stringify(costly())));`,
			);
			expect(JSON.parse(printed)).to.include.members(['ws', 'http2']);
			expect(JSON.parse(printed)).not.to.include('dgram');
		} finally {
			await mock.stop();
		}
	});

	it('exports its one transport, and the agent with what belongs to it', () => {
		const printed = packed.script(
			'names.cjs',
			`console.log(JSON.stringify(${JSON.stringify(ONE)}.map((name) => Object.keys(require('cloudlink-agent/' + name)).sort())));`,
		);
		expect(JSON.parse(printed)).to.deep.equal(
			ONE.map((name) =>
				[
					'CloudlinkAgent',
					'CloudlinkError',
					'DialError',
					'outcome',
					name.replace('-attached', ''),
				].sort(),
			),
		);
	});

	it('has the very same classes, whichever entry they come from', () => {
		const printed = packed.script(
			'same.cjs',
			`const root = require('cloudlink-agent');
			const differs = ${JSON.stringify(FACTORIES)}.flatMap((name) => {
				const all = require('cloudlink-agent/' + name);
				return Object.keys(all).filter((each) => all[each] !== root[each]);
			});
			const { CloudlinkError, DialError } = require('cloudlink-agent/openvpn-attached');
			console.log(JSON.stringify([...differs, CloudlinkError === root.CloudlinkError, DialError === root.DialError]));`,
		);
		expect(JSON.parse(printed)).to.deep.equal([true, true]);
	});

	it('takes no nodes where openvpn has its own', () => {
		const printed = packed.script(
			'nodes.cjs',
			`const { CloudlinkAgent, openvpn } = require('cloudlink-agent/openvpn-attached');
			try {
				new CloudlinkAgent({ device: { uuid: 'a1b2' }, nodes: ['a:1'], transports: [openvpn({ attach: '/run/x' })] });
			} catch ({ code, message }) {
				console.log(code, message);
			}`,
		);
		expect(printed).to.match(/^ERR_CLOUDLINK_INVALID_OPTION .*`nodes`/);
	});
});
