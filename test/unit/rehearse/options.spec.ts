import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { parseShare, parseTime } from '../../../src/cli/rehearse/arguments.js';
import { stockConfig } from '../../../src/cli/rehearse/fleet/stock-config.js';
import { readDevices } from '../../../src/cli/rehearse/keys.js';
import {
	resolveRehearsal,
	type RehearseFlags,
} from '../../../src/cli/rehearse/options.js';
import { STOCK_CONFIG } from '../../support/openvpn-stock-config.js';

const messageOf = async (promise: Promise<unknown>) =>
	await promise.then(
		() => 'nothing was wrong',
		(error: Error) => error.message,
	);

describe('what is rehearsed', () => {
	let folder: string;
	let keys: string;

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'rehearse-'));
		keys = join(folder, 'keys');
		const lines = Array.from({ length: 25_000 }, (_, i) => `uuid${i} key${i}`);
		writeFileSync(keys, `# comment\n\n${lines.join('\n')}\n`);
	});

	afterEach(() => {
		rmSync(folder, { recursive: true });
	});

	const flags = (more: Partial<RehearseFlags> = {}): RehearseFlags => ({
		nodes: ['staging.example.com:443'],
		devices: 10,
		stock: 0,
		keys,
		share: { index: 0, of: 1 },
		transports: ['websocket'],
		startRate: 20,
		settle: 35,
		cut: 'front',
		acceptRate: 100,
		rejectCost: 0.1,
		rejectDebt: 10,
		hints: 'none',
		retryAfter: 30,
		yesThisIsStaging: true,
		...more,
	});

	it('is nothing, unless somebody says that it is staging', async () => {
		expect(
			await messageOf(resolveRehearsal(flags({ yesThisIsStaging: false }), 0)),
		).to.match(/^A rehearsal cuts .* --yes-this-is-staging if staging/);
	});

	it('is bounded for each process', async () => {
		expect(
			await messageOf(resolveRehearsal(flags({ devices: 10_001 }), 0)),
		).to.contain('at most 10,000 for a process');
		const share = { index: 1, of: 5 };
		const options = await resolveRehearsal(
			flags({ devices: 10_001, share }),
			0,
		);
		expect(options.agents).to.have.length(2000);
		expect(options.agents[0]).to.deep.equal({ uuid: 'uuid1', key: 'key1' });
		expect(options.setup.devices).to.equal(10_001);
	});

	it('gives every device to one process and no two', async () => {
		const all = await Promise.all(
			[0, 1, 2].map(
				async (index) =>
					await resolveRehearsal(
						flags({
							devices: 100,
							stock: 5,
							share: { index, of: 3 },
							transports: ['openvpn-tcp'],
							ca: keys,
						}),
						0,
					),
			),
		);
		const uuids = all.flatMap(({ agents, stock }) =>
			[...agents, ...stock].map(({ uuid }) => uuid),
		);
		expect(new Set(uuids).size).to.equal(105);
		expect(uuids).to.have.length(105);
	});

	it('says what is missing, or in the way', async () => {
		const wrong: Array<[Partial<RehearseFlags>, string]> = [
			[{ nodes: undefined }, 'Name the staging nodes'],
			[{ nodes: ['wss://x'] }, 'nodes'],
			[{ keys: undefined }, '--keys FILE or with --key-command'],
			[{ keyCommand: 'true' }, '--keys FILE or with --key-command'],
			[{ keys: join(folder, 'no') }, '--keys: ENOENT'],
			[{ keys: undefined, keyCommand: 'exit 3' }, 'exit code 3'],
			[{ devices: 25_001 }, 'keys for 25000 devices, and 25001 are asked'],
			[{ stock: 1 }, '`openvpn-tcp` must be among'],
			[{ stock: 1, transports: ['openvpn-tcp'] }, '--openvpn-config or --ca'],
			[{ at: 30_000 }, '--at: to start 10 clients'],
		];
		for (const [more, problem] of wrong) {
			expect(await messageOf(resolveRehearsal(flags(more), 0))).to.contain(
				problem,
			);
		}
		const options = await resolveRehearsal(flags({ at: 40_000 }), 0);
		expect(options.atWallMs).to.equal(40_000);
	});

	it('never repeats a line of the keys, which may be a key', async () => {
		for (const line of ['uuid', 'uuid SECRET more', 'one SECRET\none SECRET']) {
			writeFileSync(keys, `first key\n${line}\n`);
			const message = await messageOf(readDevices({ keys }));
			expect(message).to.match(/^Line [23] of the keys: /);
			expect(message).not.to.contain('SECRET');
		}
	});

	it('takes its keys from a command, too', async () => {
		const keyCommand = 'printf "a 1\\nb,2\\n"';
		expect(await readDevices({ keyCommand })).to.deep.equal([
			{ uuid: 'a', key: '1' },
			{ uuid: 'b', key: '2' },
		]);
	});

	it('has a time that is the same on every machine', () => {
		expect(parseTime('2026-11-30T18:00:00Z')).to.equal(
			Date.UTC(2026, 10, 30, 18),
		);
		expect(parseTime('2026-11-30T18:00:00+01:00')).to.equal(
			Date.UTC(2026, 10, 30, 17),
		);
		expect(parseTime('+90s', 5)).to.equal(90_005);
		expect(parseTime('+2m', 0)).to.equal(120_000);
		for (const text of [
			'',
			'now',
			'2026-11-30',
			'2026-11-30T18:00:00',
			'18:00',
			'-5s',
		]) {
			expect(() => parseTime(text), text).to.throw('with its zone');
		}
	});

	it('has shares that are counted from 0', () => {
		expect(parseShare('4/5')).to.deep.equal({ index: 4, of: 5 });
		for (const text of ['5/5', '1', '1/0', '-1/5', '1/5/5', '']) {
			expect(() => parseShare(text), text).to.throw('INDEX/COUNT');
		}
	});
});

describe('the configuration of a stock client', () => {
	it('keeps what the cloud says, and lets it run no program and take no device', () => {
		const text = stockConfig({
			config: STOCK_CONFIG,
			host: '127.0.0.1',
			port: 4433,
			credentials: '/tmp/x/0',
		});
		expect(text).to.contain('remote-cert-tls server');
		expect(text).to.contain('comp-lzo');
		expect(text).to.contain('remote 127.0.0.1 4433 tcp-client');
		expect(text).to.contain('connect-retry 5 120');
		expect(text).not.to.match(
			/cloudlink\.example|upscript|script-security|resin-vpn|vpn-auth|^user /m,
		);
		expect(text.match(/^dev /gm)).to.have.length(1);
	});
});
