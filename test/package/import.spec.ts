import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { ENTRIES, installPacked, type Packed } from './packed.js';

/** What a module could change in the process that loads it. */
const SNAPSHOT = `
// Node's own: its assert, which its http2 loads, opens stderr, and its dns makes a resolver.
require('node:assert');
require('node:dns/promises');
const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
const snapshot = () => ({
	globals: Object.getOwnPropertyNames(globalThis).sort().join(),
	symbols: Object.getOwnPropertySymbols(globalThis).map(String).sort().join(),
	listeners: listeners().join(),
	resources: process.getActiveResourcesInfo().filter((name) => !name.startsWith('FSReq')).sort().join(),
	umask: process.umask(),
	limit: require('node:events').defaultMaxListeners,
});
const changes = (before, after) => Object.keys(before).filter((key) => before[key] !== after[key]).map((key) => key + ': ' + before[key] + ' -> ' + after[key]);
`;

describe('importing the package', function () {
	this.timeout(120_000);

	let packed: Packed;

	before(() => {
		packed = installPacked();
	});

	after(() => {
		packed.remove();
	});

	for (const entry of ENTRIES) {
		it(`does nothing to the process: ${entry}, required and imported`, () => {
			const required = packed.script(
				'required.cjs',
				`${SNAPSHOT}
				const { createHook } = require('node:async_hooks');
				const seen = new Set();
				const before = snapshot();
				const hook = createHook({ init: (id, type) => seen.add(type) }).enable();
				require('${entry}');
				hook.disable();
				console.log(JSON.stringify({ changed: changes(before, snapshot()), seen: [...seen] }));`,
			);
			const result = JSON.parse(required) as {
				changed: string[];
				seen: string[];
			};
			expect(result.changed).to.deep.equal([]);
			expect(
				result.seen.filter((type) =>
					/Timeout|Immediate|TCP|TLS|UDP|PIPE|TTY|DNS|GETADDR|PROCESS|WORKER|FSEVENT|SIGNAL/i.test(
						type,
					),
				),
			).to.deep.equal([]);

			packed.script(
				'imported.mjs',
				`import { createRequire } from 'node:module';
				const require = createRequire(import.meta.url);
				${SNAPSHOT}
				const before = snapshot();
				await import('${entry}');
				const changed = changes(before, snapshot());
				if (changed.length > 0) { throw new Error(changed.join()); }`,
			);
		});
	}

	it('is seen by this test when it does something: the test can fail', () => {
		expect(() =>
			packed.script(
				'noisy.cjs',
				`${SNAPSHOT}
				const before = snapshot();
				process.on('SIGUSR2', () => {});
				throw new Error(changes(before, snapshot()).join());`,
			),
		).to.throw('SIGUSR2');
	});

	it('is one copy, whether it is required, imported or both', () => {
		const printed = packed.script(
			'one.mjs',
			`import { createRequire } from 'node:module';
			const require = createRequire(import.meta.url);
			const same = [];
			for (const entry of ${JSON.stringify(ENTRIES)}) {
				const required = require(entry);
				const imported = await import(entry);
				// The build for webpack must have the same names.
				const bundled = require(require.resolve(entry).replace('/dist/', '/dist/webpack/'));
				const names = Object.keys(required).sort();
				same.push(
					names.length > 0 &&
					names.every((name) => imported[name] === required[name]) &&
					names.join() === Object.keys(bundled).sort().join(),
				);
			}
			console.log(JSON.stringify(same));`,
		);
		expect(JSON.parse(printed)).to.deep.equal(ENTRIES.map(() => true));
	});

	it('agrees on errors where a process has two copies', () => {
		const printed = packed.script(
			'two.mjs',
			`import * as one from 'cloudlink-agent';
			const two = await import(import.meta.resolve('cloudlink-agent').replace('/dist/index.js', '/dist/webpack/index.cjs'));
			const thrown = [];
			for (const copy of [one, two]) {
				try { new copy.CloudlinkAgent({}); } catch (error) { thrown.push(error); }
			}
			console.log(JSON.stringify({
				two: one.CloudlinkError !== two.CloudlinkError,
				agree: thrown.map((error) => [error instanceof one.CloudlinkError, error instanceof two.CloudlinkError, error.code]),
				plain: new Error() instanceof one.CloudlinkError,
			}));`,
		);
		const code = 'ERR_CLOUDLINK_INVALID_OPTION';
		expect(JSON.parse(printed)).to.deep.equal({
			two: true,
			agree: [
				[true, true, code],
				[true, true, code],
			],
			plain: false,
		});
	});

	it('never leaves a promise unhandled, whatever its user does to it', () => {
		const printed = packed.script(
			'chaos.mjs',
			`import { CloudlinkAgent, udp, websocket } from 'cloudlink-agent';
			import { MockCloudlink } from 'cloudlink-agent/testing';
			const mock = await MockCloudlink.start({ nodes: 2, authenticate: (uuid) => uuid !== 'refused' });
			const keys = [
				'key',
				() => { throw new TypeError('from a key function'); },
				async () => { throw undefined; },
				() => new Promise(() => {}),
				() => 5,
			];
			const faults = [null, 'refuse', 'mute', { resetAfterBytes: 10 }, { resetAfterBytes: 500 }];
			let seen = 0;
			for (let i = 0; i < 40; i++) {
				await mock.setFault(i % 2, { tcp: faults[i % faults.length], udp: i % 3 ? null : 'blackhole' });
				const agent = new CloudlinkAgent({
					device: { uuid: i % 7 ? 'u' + i : 'refused', key: keys[i % keys.length] },
					nodes: mock.nodes.map(({ address }) => address),
					transports: i % 2 ? [websocket({ insecure: true }), udp({ ca: mock.ca })] : [udp({ ca: mock.ca }), websocket({ insecure: true })],
					pacing: { preset: 'lab' },
				});
				for (const event of ['state', 'attempt', 'up', 'down', 'retry', 'warning']) {
					agent.on(event, () => { seen++; throw new Error('from a listener'); });
				}
				agent.start();
				agent.waitUntilUp().catch(() => {});
				agent.waitUntilUp({ signal: AbortSignal.timeout(i) }).catch(() => {});
				await new Promise((resolve) => setTimeout(resolve, (i * 37) % 400));
				if (i % 4 === 0) { await mock.crash(i % 2); await mock.restart(i % 2); }
				agent.networkChanged({ up: i % 2 === 0 });
				agent.clockStepped();
				agent.stop();
				agent.stop({ graceMs: 10 });
				await agent.stop();
			}
			await mock.stop();
			console.log(seen > 50 ? 'survived' : 'saw only ' + seen);`,
			'--unhandled-rejections=strict',
		);
		expect(printed.trim()).to.equal('survived');
	});

	it('installs four dependencies of its own, and nothing that is compiled or run at install', () => {
		const installed = readdirSync(join(packed.folder, 'node_modules')).filter(
			(name) => !name.startsWith('.'),
		);
		expect(installed).to.include.members([
			'cloudlink-agent',
			'debug',
			'eventemitter3',
			'p-retry',
			'ws',
		]);
		const files = readdirSync(join(packed.folder, 'node_modules'), {
			recursive: true,
			encoding: 'utf8',
		});
		expect(
			files.filter((name) => /\.node$|binding\.gyp$/.test(name)),
		).to.deep.equal([]);
	});
});
