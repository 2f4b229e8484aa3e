import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { openStateFile } from '../../../src/state-file/state-file.js';
import type { WaitStatus } from '../../../src/agent/status.js';
import { until } from '../../support/until.js';

const program = fileURLToPath(
	new URL('../../support/refused-agent.ts', import.meta.url),
);

interface Said {
	readonly waits?: WaitStatus;
	readonly dialledAtMs?: number;
	readonly retryAtMs?: number;
	readonly warning?: string;
}

describe('An agent that is killed', function () {
	this.timeout(60_000);

	let folder: string;
	let path: string;
	const children: ChildProcess[] = [];

	beforeEach(async () => {
		folder = await mkdtemp(join(tmpdir(), 'cloudlink-kill-'));
		path = join(folder, 'cloudlink.json');
	});

	afterEach(async () => {
		await Promise.all(children.splice(0).map(kill));
		await rm(folder, { recursive: true, force: true });
	});

	const kill = async (child: ChildProcess) => {
		if (child.exitCode === null && child.signalCode === null) {
			const exited = once(child, 'exit');
			child.kill('SIGKILL');
			await exited;
		}
	};
	const start = (retryAfterMs: number) => {
		const child = spawn(
			process.execPath,
			['--import', 'tsx', program, path, String(retryAfterMs)],
			{ stdio: ['ignore', 'pipe', 'inherit'] },
		);
		children.push(child);
		const lines: Said[] = [];
		createInterface(child.stdout).on('line', (line) =>
			lines.push(JSON.parse(line) as Said),
		);
		const says = async <K extends keyof Said>(what: K) => {
			await until(() => lines.some((one) => one[what] !== undefined));
			return lines.find((one) => one[what] !== undefined)![what]!;
		};
		return { child, lines, says };
	};
	const written = async (law: string) => {
		for (;;) {
			const { loaded } = await openStateFile(path);
			const document = loaded.document as { pacing: { law?: string } };
			if (document?.pacing.law === law) {
				return;
			}
		}
	};

	it('keeps to a short Retry-After, counts the time that passed, and says what is left', async () => {
		const first = start(9_000);
		const atMs = await first.says('retryAtMs');
		await written('slot');
		await kill(first.child);
		const second = start(9_000);
		const { law, reason, delayMs } = await second.says('waits');
		const leftMs = atMs - Date.now();
		expect(law).to.equal('memory');
		// The wall clock may be slewed against the one that counted.
		expect(delayMs).to.be.within(leftMs - 50, leftMs + 3_000);
		expect(delayMs, 'time has passed').to.be.below(9_000 - 150);
		expect(Number(/([\d.]+) s of it left/.exec(reason)?.[1])).to.be.closeTo(
			delayMs / 1000,
			0.2,
		);
		const dialledAtMs = await second.says('dialledAtMs');
		expect(dialledAtMs).to.be.within(atMs - 50, atMs + 1_500);
	});

	it('frees its state for another, which said once who had it', async () => {
		const first = start(300_000);
		await first.says('retryAtMs');
		await written('slot');
		const second = start(301_000);
		expect(await second.says('warning')).to.match(
			new RegExp(
				`belongs to another agent, in process ${first.child.pid}; this one keeps nothing`,
			),
		);
		await kill(second.child);
		expect(second.lines.filter(({ warning }) => warning)).to.have.length(1);
		await kill(first.child);
		const third = start(302_000);
		await third.says('waits');
		const warned = third.lines.filter(({ warning }) => warning);
		expect(warned).to.be.empty;
	});
});
