import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const median = (numbers: number[]) =>
	numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/**
 * Megabytes that a fresh process holds once it has loaded something; the median of several, taken in turns. They are files, as a real
 * program has: Node loads a text for `-e` otherwise.
 */
export function loadedMb(
	node: string,
	folder: string,
	scripts: Readonly<Record<string, string>>,
): Record<string, number> {
	const print = `setTimeout(() => {
		console.log(/VmRSS:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'utf8'))[1]);
	}, 300);`;
	const seen = Object.entries(scripts).map(([name, text]) => {
		const file = join(folder, `loads-${name}.cjs`);
		writeFileSync(file, `${text};\n${print}`);
		return { name, file, mb: [] as number[] };
	});
	for (let round = 0; round < 9; round++) {
		for (const { file, mb } of seen) {
			const printed = execFileSync(node, [file], { encoding: 'utf8' });
			mb.push(Number(printed) / 1024);
		}
	}
	return Object.fromEntries(seen.map(({ name, mb }) => [name, median(mb)]));
}

export interface Idle {
	readonly rssMb: number;
	readonly cpuMs: number;
}

/** Memory and CPU of a process that idles, read from /proc once it has settled, and again at the end. */
async function idle(
	node: string,
	folder: string,
	args: readonly string[],
	seconds: number,
): Promise<Idle> {
	const child = spawn(node, args, {
		cwd: folder,
		env: { ...process.env, CLOUDLINK_KEY: 'key' },
		stdio: ['ignore', 'inherit', 'inherit'],
	});
	const cpuMs = () => {
		const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
			.replace(/^.*\) /, '')
			.split(' ');
		// utime and stime, in ticks of 10 ms.
		return 10 * (Number(fields[11]) + Number(fields[12]));
	};
	try {
		await sleep(8000);
		const before = cpuMs();
		await sleep(seconds * 1000);
		const used = cpuMs() - before;
		const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
		const rssKb = Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
		return { rssMb: rssKb / 1024, cpuMs: used };
	} finally {
		child.kill('SIGKILL');
	}
}

/**
 * The median of five at once: some hold a megabyte more. `.sock` in an argument is the name of a
 * socket of its own.
 */
export async function idleMedian(
	node: string,
	folder: string,
	args: readonly string[],
	seconds: number,
): Promise<Idle> {
	const five = await Promise.all(
		[1, 2, 3, 4, 5].map((copy) => {
			const own = args.map((arg) => arg.replace('.sock', `${copy}.sock`));
			return idle(node, folder, own, seconds);
		}),
	);
	return {
		rssMb: median(five.map(({ rssMb }) => rssMb)),
		cpuMs: median(five.map(({ cpuMs }) => cpuMs)),
	};
}
