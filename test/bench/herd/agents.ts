import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Recording } from '../../../src/cli/rehearse/recording.js';
import type { HerdResult } from '../../../src/simulator/index.js';

export interface AgentsOptions {
	readonly devices: number;
	readonly acceptRate: number;
	/** Told to live links: T. */
	readonly window: boolean;
	/** Without TLS the machine's part in the figures is smaller. */
	readonly tls: boolean;
	/** How many processes share the agents. */
	readonly processes: number;
}

export interface Rehearsed {
	readonly measured: HerdResult;
	readonly simulated: HerdResult;
	readonly worstLagMs: number;
}

function command(args: readonly string[]): ChildProcess {
	return spawn(
		process.execPath,
		['--import', 'tsx', 'src/cli/main.ts', ...args],
		{ stdio: ['pipe', 'pipe', 'inherit'] },
	);
}

async function outputOf(args: readonly string[]): Promise<string> {
	const child = command(args);
	let text = '';
	child.stdout!.on('data', (chunk: Buffer) => (text += chunk.toString()));
	const [code] = (await once(child, 'close')) as [number];
	if (code !== 0) {
		throw new Error(`${args[0]} ended with ${code}`);
	}
	return text;
}

/** Runs `cloudlink-agent rehearse` against `cloudlink-agent mock`, as anybody can. */
export async function rehearseAgents(
	options: AgentsOptions,
): Promise<Rehearsed> {
	const { devices, acceptRate, window, tls, processes } = options;
	const folder = mkdtempSync(join(tmpdir(), 'cloudlink-herd-'));
	const file = (name: string) => join(folder, name);
	const keys = Array.from({ length: devices }, (_, i) => `device${i} herd`);
	writeFileSync(file('keys'), keys.join('\n'));
	const mock = command([
		'mock',
		...(tls ? ['--tls'] : []),
		`--accept-rate=${acceptRate}`,
		'--throttle=reset',
		...(window ? [`--reconnect-window=${devices / acceptRate}`] : []),
		`--ca-file=${file('ca.pem')}`,
	]);
	try {
		const [greeting] = (await once(mock.stdout!, 'data')) as [Buffer];
		const node = /Node 0: (\S+)/.exec(greeting.toString())![1]!;
		// Below what the mock takes, and a little time for the last of them.
		const startRate = (0.9 * acceptRate) / processes;
		const startingSeconds = (2 * devices) / processes / startRate;
		const at = new Date(Date.now() + (startingSeconds + 60) * 1000);
		const parts = Array.from({ length: processes }, async (_, index) => {
			const part = await outputOf([
				'rehearse',
				'--yes-this-is-staging',
				`--nodes=${node}`,
				...(tls ? [`--ca=${file('ca.pem')}`] : ['--insecure']),
				`--keys=${file('keys')}`,
				`--devices=${devices}`,
				`--share=${index}/${processes}`,
				`--start-rate=${startRate}`,
				`--accept-rate=${acceptRate}`,
				'--reject-cost=0',
				`--hints=${window ? 'window' : 'none'}`,
				...(processes > 1 ? [`--at=${at.toISOString()}`] : []),
				'--json',
			]);
			writeFileSync(file(`${index}.json`), part);
			return file(`${index}.json`);
		});
		const merged = await outputOf([
			'rehearse',
			'merge',
			...(await Promise.all(parts)),
			'--json',
		]);
		const { results, recording } = JSON.parse(merged) as {
			results: [HerdResult, HerdResult];
			recording: Recording;
		};
		const [measured, simulated] = results;
		return { measured, simulated, worstLagMs: recording.worstLagMs };
	} finally {
		mock.kill('SIGTERM');
		rmSync(folder, { recursive: true, force: true });
	}
}
