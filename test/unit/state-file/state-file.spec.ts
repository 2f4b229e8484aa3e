import { expect } from 'chai';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	chmod,
	lstat,
	mkdir,
	mkdtemp,
	readdir,
	readFile,
	rm,
	stat,
	symlink,
	writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
	openStateFile,
	type StateFileOptions,
} from '../../../src/state-file/state-file.js';
import { encodeState } from '../../../src/state-file/format.js';
import type { CloudlinkError } from '../../../src/errors.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { until } from '../../support/until.js';

const run = promisify(execFile);
const writer = fileURLToPath(
	new URL('../../support/state-file-writer.ts', import.meta.url),
);

describe('the state file', () => {
	let folder: string;
	let path: string;
	let clock: VirtualClock;
	let warnings: CloudlinkError[];

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'cloudlink-state-'));
		path = join(folder, 'cloudlink.json');
		clock = new VirtualClock();
		warnings = [];
	});

	afterEach(async () => {
		await rm(folder, { recursive: true, force: true });
	});

	const open = async (options: StateFileOptions = {}) =>
		await openStateFile(path, {
			clock,
			onWarning: (warning) => warnings.push(warning),
			bootTime: { bootId: 'boot', bootMs: () => clock.monotonicMs() },
			...options,
		});
	const read = async () => (await open()).loaded.document;

	it('gives back what was saved, and how long ago', async () => {
		const first = await open();
		expect(first.loaded).to.deep.equal({
			document: undefined,
			ageMs: 0,
			ranMs: 0,
		});
		first.save({ pacing: { level: 1 }, nodes: 'n', selection: [2] });
		await first.close();
		clock.advance(90_000);
		const second = await open();
		expect(second.loaded).to.deep.equal({
			document: { pacing: { level: 1 }, nodes: 'n', selection: [2] },
			ageMs: 90_000,
			ranMs: 90_000,
		});
		await second.close();
		const rebooted = await open({
			bootTime: { bootId: 'another', bootMs: () => 10 },
		});
		expect(rebooted.loaded).to.include({ ageMs: 90_000, ranMs: 0 });
		expect(warnings).to.deep.equal([]);
	});

	it('counts the age from when the state was told, not from when it was written', async () => {
		const file = await open();
		file.save({ pacing: 1 });
		await file.flush();
		clock.advance(1000);
		file.save({ pacing: 2 });
		clock.advance(50_000);
		await file.close();
		expect((await open()).loaded.ageMs).to.equal(50_000);
	});

	it('is readable by its owner alone, even where it was not before', async () => {
		await writeFile(
			path,
			encodeState({ stamp: { wallMs: 0, bootMs: 0 }, document: undefined }),
		);
		await chmod(path, 0o644);
		const file = await open();
		file.save({ pacing: 1 });
		await file.close();
		// eslint-disable-next-line no-bitwise -- file modes are bits
		expect((await stat(path)).mode & 0o777).to.equal(0o600);
	});

	it('leaves nothing beside it', async () => {
		await writeFile(`${path}.tmp`, 'left by a process that was killed');
		const file = await open();
		file.save({ pacing: 1 });
		await file.close();
		expect(await readdir(folder)).to.deep.equal(['cloudlink.json']);
		expect(await read()).to.deep.equal({ pacing: 1 });
	});

	it('follows no link that somebody put where it writes', async () => {
		const precious = join(folder, 'precious');
		await writeFile(precious, 'precious');
		await symlink(precious, `${path}.tmp`);
		const file = await open();
		file.save({ pacing: 1 });
		await file.close();
		expect(await readFile(precious, 'utf8')).to.equal('precious');
	});

	it('touches no disk before the first save', async () => {
		const file = await open();
		await file.close();
		expect(await readdir(folder)).to.deep.equal([]);
	});

	describe('is written seldom', () => {
		it('at once, and then once a minute with the newest state', async () => {
			const file = await open();
			file.save({ pacing: 0 });
			await file.flush();
			for (let second = 1; second < 60; second++) {
				clock.advance(1000);
				file.save({ pacing: second });
			}
			expect(await read()).to.deep.equal({ pacing: 0 });
			expect(clock.pending).to.equal(1);
			clock.advance(1000);
			await file.flush();
			expect(await read()).to.deep.equal({ pacing: 59 });
			await file.close();
			expect(clock.pending).to.equal(0);
		});

		it('with what was told while it was being written, a minute later', async () => {
			const file = await open();
			file.save({ pacing: 1 });
			file.save({ pacing: 2 });
			await until(() => clock.pending === 1);
			expect(await read()).to.deep.equal({ pacing: 1 });
			clock.advance(60_000);
			await file.flush();
			expect(await read()).to.deep.equal({ pacing: 2 });
			await file.close();
		});

		it('at once again after a quiet minute', async () => {
			const file = await open();
			file.save({ pacing: 1 });
			await file.flush();
			clock.advance(60_000);
			file.save({ pacing: 2 });
			expect(clock.pending).to.equal(0);
			await file.flush();
			expect(await read()).to.deep.equal({ pacing: 2 });
		});

		it('and not at all while nothing changes', async () => {
			const file = await open();
			file.save({ pacing: { level: 1 } });
			await file.flush();
			const before = await stat(path);
			for (let i = 0; i < 3; i++) {
				clock.advance(60_000);
				file.save({ pacing: { level: 1 } });
				await file.flush();
			}
			expect((await stat(path)).ino).to.equal(before.ino);
		});

		it('but always when it is closed, after which it takes no more', async () => {
			const file = await open();
			file.save({ pacing: 1 });
			file.save({ pacing: 2 });
			file.save({ pacing: 3 });
			await Promise.all([file.close(), file.close()]);
			file.save({ pacing: 4 });
			await file.flush();
			expect(await read()).to.deep.equal({ pacing: 3 });
			expect(clock.pending).to.equal(0);
		});
	});

	describe('that cannot be used', () => {
		const expectFreshStart = async (
			says: RegExp,
			options?: StateFileOptions,
		) => {
			const file = await open(options);
			expect(file.loaded).to.deep.equal({
				document: undefined,
				ageMs: 0,
				ranMs: 0,
			});
			expect(warnings.map(({ code }) => code)).to.deep.equal([
				'ERR_CLOUDLINK_STATE_FILE',
			]);
			expect(warnings[0]!.message).to.match(says).and.include(path);
			return file;
		};

		it('for it is damaged costs a warning, and is replaced by the next save', async () => {
			const file = await open();
			file.save({ pacing: { secret: 'level' } });
			await file.close();
			const text = await readFile(path, 'utf8');
			await writeFile(path, text.replace('level', 'lever'));
			const next = await expectFreshStart(/checksum is wrong/);
			next.save({ pacing: 1 });
			await next.close();
			expect(await read()).to.deep.equal({ pacing: 1 });
			expect(warnings).to.have.length(1);
		});

		it('for it is empty, as a power cut may leave it', async () => {
			await writeFile(path, '');
			await expectFreshStart(/not a state file/);
		});

		it('for it is too large, without reading it', async () => {
			await writeFile(path, 'x'.repeat(65_537));
			await expectFreshStart(/65537 bytes long; 65536 are allowed/);
		});

		it('for it is a folder', async () => {
			await mkdir(path);
			await expectFreshStart(/is no regular file/);
		});

		for (const [what, make] of [
			['a FIFO', async () => await run('mkfifo', [path])],
			[
				'a device',
				async () => {
					await symlink('/dev/zero', path);
				},
			],
			[
				'a link',
				async () => {
					await symlink(join(folder, 'other'), path);
				},
			],
		] as const) {
			it(`for it is ${what}, which is neither opened nor replaced`, async () => {
				await make();
				const before = await lstat(path);
				const file = await expectFreshStart(/is no regular file/);
				file.save({ pacing: 1 });
				await file.close();
				expect((await lstat(path)).ino).to.equal(before.ino);
				expect(warnings).to.have.length(2);
				expect(warnings[1]!.message).to.match(/cannot be written.*regular/);
			});
		}

		it('for its folder is a file', async () => {
			await writeFile(join(folder, 'file'), '');
			path = join(folder, 'file', 'cloudlink.json');
			await expectFreshStart(/ENOTDIR/);
		});
	});

	describe('that cannot be written', () => {
		it('costs one warning, and another only after it has worked in between', async () => {
			path = join(folder, 'missing', 'cloudlink.json');
			const file = await open();
			expect(warnings, 'a first start is nothing to warn of').to.deep.equal([]);
			const save = async (pacing: number) => {
				file.save({ pacing });
				await file.flush();
			};
			await save(1);
			await save(2);
			expect(warnings.map(({ code }) => code)).to.deep.equal([
				'ERR_CLOUDLINK_STATE_FILE',
			]);
			expect(warnings[0]!.message).to.match(/cannot be written.*ENOENT/);
			await mkdir(join(folder, 'missing'));
			await save(3);
			expect(await read()).to.deep.equal({ pacing: 3 });
			await rm(join(folder, 'missing'), { recursive: true });
			await save(4);
			await save(5);
			expect(warnings).to.have.length(2);
		});

		it('for it would be too large keeps the last state', async () => {
			const file = await open();
			file.save({ pacing: 1 });
			await file.flush();
			file.save({ pacing: 'x'.repeat(65_536) });
			await file.close();
			expect(warnings[0]!.message).to.match(/bytes long; 65536 are allowed/);
			expect(await read()).to.deep.equal({ pacing: 1 });
		});

		it('for the disk is full keeps the last state whole', async function () {
			try {
				await run('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', folder]);
			} catch (error) {
				if (process.env['CI']) {
					throw error;
				}
				this.skip(); // Needs root, to mount a small tmpfs.
			}
			try {
				const file = await open();
				file.save({ pacing: 1 });
				await file.flush();
				await writeFile(join(folder, 'ballast'), 'x'.repeat(8192)).catch(
					() => undefined,
				);
				file.save({ pacing: 'x'.repeat(20_000) });
				await file.flush();
				expect(warnings[0]?.message).to.match(/cannot be written.*ENOSPC/);
				expect(await read()).to.deep.equal({ pacing: 1 });
				expect(await readdir(folder)).not.to.include('cloudlink.json.tmp');
				await rm(join(folder, 'ballast'));
				file.save({ pacing: 2 });
				await file.close();
				expect(await read()).to.deep.equal({ pacing: 2 });
				expect(warnings).to.have.length(1);
			} finally {
				await run('umount', [folder]);
			}
		});
	});

	describe('that another agent keeps', () => {
		const save = async (file: Awaited<ReturnType<typeof open>>, n: number) => {
			file.save({ pacing: n });
			await file.flush();
		};

		it('is not written, with one warning that names its process, until that one ends', async () => {
			const first = await open();
			await save(first, 1);
			const second = await open();
			await save(second, 2);
			await save(second, 3);
			expect(warnings).to.have.length(1);
			expect(warnings[0]!.message).to.include(`process ${process.pid};`);
			expect(await read()).to.deep.equal({ pacing: 1 });
			await first.close();
			await save(second, 4);
			expect(await read()).to.deep.equal({ pacing: 4 });
			await second.close();
			expect(await readdir(folder)).to.deep.equal(['cloudlink.json']);
		});

		for (const [what, owner] of [
			['of another boot', { pid: 1, bootId: 'other', startTicks: 1 }],
			['that is gone', { pid: 2 ** 22 + 1, bootId: 'boot', startTicks: 1 }],
			[
				'whose id is another’s now',
				{ pid: 1, bootId: 'boot', startTicks: 1e9 },
			],
			['that nobody can name', 'garbage'],
		] as const) {
			it(`is taken over from a process ${what}`, async () => {
				await writeFile(`${path}.lock`, JSON.stringify(owner));
				const file = await open();
				await save(file, 1);
				expect(warnings).to.be.empty;
				expect(await read()).to.deep.equal({ pacing: 1 });
				await file.close();
				expect(await readdir(folder)).to.deep.equal(['cloudlink.json']);
			});
		}

		it('is left to whoever took it meanwhile', async () => {
			const file = await open();
			await save(file, 1);
			const fields = await readFile('/proc/1/stat', 'utf8');
			const startTicks = Number(
				fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19],
			);
			const other = JSON.stringify({ pid: 1, bootId: 'boot', startTicks });
			await writeFile(`${path}.lock`, other);
			await save(file, 2);
			expect(warnings.at(-1)!.message).to.include('process 1;');
			expect(await read()).to.deep.equal({ pacing: 1 });
			await file.close();
			expect(await readFile(`${path}.lock`, 'utf8')).to.equal(other);
		});
	});

	it('is never damaged by kill -9 in the middle of writes, and keeps what was on disk', async function () {
		this.timeout(120_000);
		const seed = process.env['SEED'] ?? '1';
		const random = seededRandom(`kill/${seed}`);
		let counter = 0;
		for (let round = 0; round < 12; round++) {
			const child = spawn(process.execPath, ['--import', 'tsx', writer, path], {
				stdio: ['ignore', 'pipe', 'inherit'],
			});
			const exited = once(child, 'exit');
			await once(child.stdout, 'data');
			await new Promise((resolve) => setTimeout(resolve, random() * 60));
			child.kill('SIGKILL');
			await exited;
			const { pacing } = (await read()) as {
				pacing?: { counter: number; padding: string; length: number };
			};
			expect(
				warnings,
				`round ${round}; replay with SEED=${seed}`,
			).to.deep.equal([]);
			if (pacing !== undefined) {
				expect(pacing.padding).to.have.length(pacing.length);
				counter += pacing.counter;
			}
		}
		expect(counter, 'the child did write').to.be.greaterThan(0);
	});
});
