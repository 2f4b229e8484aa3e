import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { readConfigJson } from '../../../src/device/config-json.js';
import {
	watchConfigJson,
	type ConfigChange,
} from '../../../src/device/config-watch.js';
import { eventually } from './eventually.js';

describe('watching config.json', () => {
	let folder: string;
	let file: string;
	let changes: ConfigChange[];
	let problems: Error[];
	let watch: { close(): void };

	const write = (value: object, name = file) => {
		writeFileSync(name, JSON.stringify({ uuid: 'a1b2c3d4', ...value }));
	};

	beforeEach(async () => {
		folder = mkdtempSync(join(tmpdir(), 'cloudlink-'));
		file = join(folder, 'config.json');
		write({ deviceApiKey: 'first' });
		changes = [];
		problems = [];
		watch = watchConfigJson({
			current: await readConfigJson(file),
			quietMs: 50,
			onChange: (change) => changes.push(change),
			onProblem: (problem) => problems.push(problem),
		});
	});

	afterEach(() => {
		watch.close();
		rmSync(folder, { recursive: true, force: true });
	});

	it('tells what changed in a file that is written in place', async () => {
		write({ deviceApiKey: 'second' });
		await eventually('a change', () => changes.length > 0);
		expect(changes[0]!.parts).to.deep.equal(['key']);
		expect(changes[0]!.config.deviceApiKey).to.equal('second');
	});

	it('sees one that is written beside and renamed, again and again', async () => {
		for (const vpnEndpoint of ['a.example.com', 'b.example.com']) {
			write({ deviceApiKey: 'first', vpnEndpoint }, `${file}.new`);
			renameSync(`${file}.new`, file);
			await eventually(
				vpnEndpoint,
				() => changes.at(-1)?.config.vpnEndpoint === vpnEndpoint,
			);
			expect(changes.at(-1)!.parts).to.deep.equal(['endpoint']);
		}
	});

	it('tells a change that goes back to what was there at first', async () => {
		for (const deviceApiKey of ['second', 'first']) {
			write({ deviceApiKey });
			await eventually(
				deviceApiKey,
				() => changes.at(-1)?.config.deviceApiKey === deviceApiKey,
			);
		}
		expect(changes.map(({ parts }) => parts)).to.deep.equal([['key'], ['key']]);
	});

	it('says nothing about changes that are not its own, nor about other files', async () => {
		write({ deviceApiKey: 'first', hostname: 'x' });
		writeFileSync(join(folder, 'other.json'), '{}');
		write({ deviceApiKey: 'last' });
		await eventually('the change that is its own', () => changes.length > 0);
		expect(changes).to.have.length(1);
		expect(changes[0]!.parts).to.deep.equal(['key']);
	});

	it('keeps the last good reading while what is written cannot be used', async () => {
		writeFileSync(file, '{"uuid": ');
		await eventually('a problem', () => problems.length > 0);
		expect(problems[0]!.message).to.include('not valid JSON');
		rmSync(file);
		await eventually('another', () => problems.length > 1);
		expect(problems[1]!.message).to.include('no such file');
		expect(changes).to.have.length(0);
		write({ deviceApiKey: 'second' });
		await eventually('a change', () => changes.length > 0);
		expect(changes[0]!.parts).to.deep.equal(['key']);
	});

	it('is silent once it is closed', async () => {
		write({ deviceApiKey: 'second' });
		watch.close();
		const other = watchConfigJson({
			current: await readConfigJson(file),
			quietMs: 50,
			onChange: (change) => problems.push(new Error(change.parts.join())),
			onProblem: (problem) => problems.push(problem),
		});
		write({ deviceApiKey: 'third' });
		await eventually('the other', () => problems.length > 0);
		other.close();
		expect(changes).to.have.length(0);
	});

	it('says so where the folder cannot be watched', async () => {
		const config = await readConfigJson(file);
		const missing = { ...config, file: join(folder, 'none', 'config.json') };
		watchConfigJson({
			current: missing,
			onChange: (change) => changes.push(change),
			onProblem: (problem) => problems.push(problem),
		}).close();
		expect(problems[0]).to.have.property('code', 'ENOENT');
	});
});
