/**
 * Prints every world that a fleet may meet: what the agent makes of it, beside stock balenaOS, full jitter and
 * grpc-js, and whether its target is met; then where the agent is worse than the best of stock and full jitter.
 * Under ten minutes on two cores.
 *
 *     npm run bench:worlds -- [--only ID[,ID]] [--json FILE] [--jobs 2] [--draw WORD]
 *
 * Each row whose T is named runs at three more, drawn by `--draw`; the word is printed, and repeats a run.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { worldsOf } from './worlds/rows.js';
import type { Figures, World } from './worlds/world.js';

const PEERS = ['balena-tcp-reset', 'full-jitter', 'grpc-js'];
/** Never worse than so many times the best of stock and full jitter. */
const NEVER_WORSE = 1.1;

interface Answer {
	readonly entries: ReadonlyArray<readonly [string, number | null]>;
	readonly cpuMs: number;
}

interface Job {
	readonly draw: string;
	readonly world: number;
	readonly policy: string;
	readonly seed: number;
}

if (process.send) {
	process.on('message', ({ draw, world, policy, seed }: Job) => {
		const before = process.cpuUsage();
		const figures = worldsOf(draw)[world]!.measure(policy, seed);
		const { user, system } = process.cpuUsage(before);
		process.send!({
			cpuMs: (user + system) / 1000,
			// JSON has no Infinity.
			entries: Object.entries(figures).map(([name, value]) => [
				name,
				Number.isFinite(value) ? value : null,
			]),
		});
	});
} else {
	await main();
}

async function main(): Promise<void> {
	const { values: args } = parseArgs({
		options: {
			only: { type: 'string' },
			json: { type: 'string' },
			jobs: { type: 'string', default: '2' },
			draw: { type: 'string', default: new Date().toISOString().slice(0, 19) },
		},
	});
	const only = args.only?.split(',');
	const { draw } = args;
	const worlds = worldsOf(draw);
	const chosen = worlds.flatMap((world, i) =>
		!only || only.includes(world.id) ? [i] : [],
	);
	const { measured, cpuMs } = await measureAll(draw, chosen, Number(args.jobs));
	const rows = chosen.map((i) => rowsOf(worlds[i]!, measured.get(i)!)).flat();
	print(rows);
	const worse = chosen.flatMap((i) => worseThan(worlds[i]!, measured.get(i)!));
	console.log(
		`\nWorse than ${NEVER_WORSE} times the best of stock and full jitter:`,
	);
	console.log(worse.length > 0 ? worse.join('\n') : '  nowhere');
	const met = rows.filter(({ verdict }) => verdict === 'met').length;
	console.log(`\n${met} of ${rows.length} targets met.`);
	const minutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`;
	console.log(
		`${minutes(performance.now())} on ${args.jobs} cores, ${minutes(cpuMs)} of CPU; repeat with --draw ${draw}`,
	);
	if (args.json !== undefined) {
		writeFileSync(args.json, `${JSON.stringify(rows, null, '\t')}\n`);
	}
}

/** Of each world, what each policy came to: the mean over its seeds. */
async function measureAll(
	draw: string,
	chosen: readonly number[],
	workers: number,
): Promise<{ measured: Map<number, Map<string, Figures>>; cpuMs: number }> {
	const worlds = worldsOf(draw);
	const jobs = chosen.flatMap((world): Job[] => {
		const { seeds = 2, peers = true } = worlds[world]!;
		const ours = Array.from({ length: seeds }, (_, i) => ({
			draw,
			world,
			policy: 'agent',
			seed: i + 1,
		}));
		return [
			...ours,
			...(peers ? PEERS : []).map((policy) => ({
				draw,
				world,
				policy,
				seed: 1,
			})),
		];
	});
	const results = new Map<number, Map<string, Figures[]>>();
	let next = 0;
	let cpuMs = 0;
	const work = async (): Promise<void> => {
		const child = fork(fileURLToPath(import.meta.url), {
			// A herd makes garbage by the million: young objects die before they are copied.
			execArgv: ['--import', 'tsx', '--max-semi-space-size=64'],
		});
		while (next < jobs.length) {
			const job = jobs[next++]!;
			const answer = new Promise<Answer>((resolve, reject) => {
				child.once('message', resolve);
				child.once('exit', () => {
					reject(new Error(`${worlds[job.world]!.title} ended the worker`));
				});
			});
			child.send(job);
			const { entries, cpuMs: spentMs } = await answer;
			cpuMs += spentMs;
			child.removeAllListeners();
			const figures = Object.fromEntries(
				entries.map(([name, value]) => [name, value ?? Infinity]),
			);
			const world = results.get(job.world) ?? new Map<string, Figures[]>();
			world.set(job.policy, [...(world.get(job.policy) ?? []), figures]);
			// A run that is cut off has told what it measured.
			const told = Object.keys(worlds[job.world]!.targets).map(
				(name) => `${name} ${shown(figures[name])}`,
			);
			process.stderr.write(
				`${next} of ${jobs.length}: ${worlds[job.world]!.title}, ${job.policy}: ${told.join(', ')}\n`,
			);
			results.set(job.world, world);
		}
		child.disconnect();
	};
	await Promise.all(Array.from({ length: workers }, work));
	const measured = new Map(
		[...results].map(([world, policies]) => [
			world,
			new Map([...policies].map(([policy, all]) => [policy, meanOf(all)])),
		]),
	);
	return { measured, cpuMs };
}

function meanOf(all: readonly Figures[]): Figures {
	return Object.fromEntries(
		Object.keys(all[0]!).map((name) => [
			name,
			all.reduce((sum, figures) => sum + figures[name]!, 0) / all.length,
		]),
	);
}

interface Row {
	readonly world: string;
	readonly figure: string;
	readonly values: readonly string[];
	readonly target: string;
	readonly verdict: 'met' | 'MISSED';
}

function shown(value: number | undefined): string {
	if (value === undefined) {
		return '-';
	}
	return value === Infinity ? 'never' : String(Number(value.toPrecision(3)));
}

function rowsOf(
	{ title, targets }: World,
	measured: ReadonlyMap<string, Figures>,
): Row[] {
	return Object.entries(targets).map(([figure, target]) => ({
		world: title,
		figure,
		values: ['agent', ...PEERS].map((policy) =>
			shown(measured.get(policy)?.[figure]),
		),
		target: shown(target),
		verdict: measured.get('agent')![figure]! <= target ? 'met' : 'MISSED',
	}));
}

function worseThan(
	{ title }: World,
	measured: ReadonlyMap<string, Figures>,
): string[] {
	const ours = measured.get('agent')!;
	const others = PEERS.slice(0, 2).flatMap((name) => {
		const figures = measured.get(name);
		return figures === undefined ? [] : [figures];
	});
	if (others.length === 0) {
		return [];
	}
	const worse = ['t50 s', 'mean s', 't99 s', 't100 s'].flatMap((figure) => {
		const best = Math.min(...others.map((figures) => figures[figure]!));
		return ours[figure]! > NEVER_WORSE * best
			? [`${figure.slice(0, -2)} ${shown(ours[figure]! / best)}`]
			: [];
	});
	return worse.length > 0 ? [`  ${title}: ${worse.join(', ')}`] : [];
}

function print(rows: readonly Row[]): void {
	const head = [
		'world',
		'figure',
		'agent',
		'stock',
		'full jitter',
		'grpc-js',
		'target',
		'',
	];
	const lines = rows.map(({ world, figure, values, target, verdict }) => [
		world,
		figure,
		...values,
		target,
		verdict,
	]);
	const widths = head.map((text, i) =>
		Math.max(text.length, ...lines.map((line) => line[i]!.length)),
	);
	for (const line of [head, ...lines]) {
		console.log(line.map((text, i) => text.padEnd(widths[i]!)).join('  '));
	}
}
