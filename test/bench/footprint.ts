/**
 * What the agent costs: time to import, memory and CPU when idle, size. `npm run bench:footprint`; `--seconds N`
 * for another idle time than a minute, `--check` to exit with 1 where a goal is missed.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
	mkdtempSync,
	readFileSync,
	readdirSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import webpack from 'webpack';

import { MockCloudlink } from '../../src/testing/index.js';
import { installPacked } from '../package/packed.js';

const { values } = parseArgs({
	options: {
		seconds: { type: 'string', default: '60' },
		check: { type: 'boolean', default: false },
	},
});
const idleSeconds = Number(values.seconds);

const GOALS = { importRatio: 3, rssMb: 15, bundleKb: 250 };

const median = (numbers: number[]) =>
	numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Milliseconds that a fresh process takes to import something; the median of several, taken in turns. */
function importMs(folder: string, modules: readonly string[]): number[] {
	const times = modules.map((): number[] => []);
	for (let round = 0; round < 15; round++) {
		modules.forEach((name, i) => {
			const text = `const t = performance.now(); await import('${name}'); process.stdout.write(String(performance.now() - t));`;
			const printed = execFileSync(
				process.execPath,
				['--input-type=module', '-e', text],
				{ cwd: folder, encoding: 'utf8' },
			);
			times[i]!.push(Number(printed));
		});
	}
	return times.map(median);
}

interface Idle {
	readonly rssMb: number;
	readonly cpuMs: number;
}

/** Memory and CPU of a process that idles, read from /proc once it has settled, and again at the end. */
async function idle(folder: string, args: readonly string[]): Promise<Idle> {
	const child = spawn(process.execPath, args, {
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
	await sleep(5000);
	const before = cpuMs();
	await sleep(idleSeconds * 1000);
	const used = cpuMs() - before;
	const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
	const rssKb = Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
	child.kill('SIGKILL');
	return { rssMb: rssKb / 1024, cpuMs: used };
}

async function bundleKb(folder: string): Promise<number> {
	const out = mkdtempSync(join(tmpdir(), 'cloudlink-bundle-'));
	const compiler = webpack({
		mode: 'production',
		target: 'node',
		context: folder,
		entry: 'cloudlink-agent',
		output: { path: out, filename: 'bundle.js', libraryTarget: 'commonjs2' },
		performance: { hints: false },
	});
	await new Promise<void>((done, fail) => {
		compiler.run((error) => {
			compiler.close(() => {
				if (error) {
					fail(error);
				} else {
					done();
				}
			});
		});
	});
	const { size } = statSync(join(out, 'bundle.js'));
	rmSync(out, { recursive: true });
	return size / 1024;
}

const packed = installPacked();
const mock = await MockCloudlink.start({});
const rows: Array<[what: string, value: string, goal: string, met: boolean]> =
	[];

const [ours, ws] = importMs(packed.folder, ['cloudlink-agent', 'ws']) as [
	number,
	number,
];
const ratio = ours / ws;
rows.push([
	'import',
	`${ours.toFixed(1)} ms, ${ratio.toFixed(2)} times ws (${ws.toFixed(1)} ms)`,
	`under ${GOALS.importRatio} times`,
	ratio < GOALS.importRatio,
]);

const agent = `
	const agent = new CloudlinkAgent({
		device: { uuid: 'footprint', key: 'key' },
		nodes: ['${mock.nodes[0]!.address}'],
		transports: [websocket({ insecure: true })],
		pacing: { preset: 'lab' },
		services: [{ port: 8080 }],
	});
	agent.start();
`;
/** Files, as a real program has: a text for `-e` is loaded otherwise. */
const script = (name: string, text: string): string[] => {
	writeFileSync(join(packed.folder, name), text);
	return [name];
};
const stay = 'setInterval(() => {}, 1e9);';
const held = await Promise.all(
	Object.entries({
		bare: script('bare.cjs', stay),
		bareModule: script('bare.mjs', stay),
		wsRequired: script(
			'ws.cjs',
			`require('ws'); require('node:http2'); ${stay}`,
		),
		wsImported: script('ws.mjs', `import 'ws'; import 'node:http2'; ${stay}`),
		required: script(
			'required.cjs',
			`const { CloudlinkAgent, websocket } = require('cloudlink-agent'); ${agent}`,
		),
		imported: script(
			'imported.mjs',
			`import { CloudlinkAgent, websocket } from 'cloudlink-agent'; ${agent}`,
		),
		daemon: [
			'node_modules/.bin/cloudlink-agent',
			...['run', '--uuid', 'daemon', '--transports', 'websocket', '--insecure'],
			...['--node', mock.nodes[0]!.address, '--pacing', 'lab', '--state'],
			...['none', '--health', './health.sock', '--log-level', 'error'],
		],
	}).map(async ([what, args]) => [what, await idle(packed.folder, args)]),
);
const { bare, bareModule, wsRequired, wsImported, required, imported, daemon } =
	Object.fromEntries(held) as Record<string, Idle>;
const above = (idler: Idle, other: Idle, name: string) =>
	`${(idler.rssMb - other.rssMb).toFixed(1)} MB above ${name} (${other.rssMb.toFixed(1)} MB)`;
const memory = (what: string, idler: Idle, others: string[], goal = true) => {
	const met = idler.rssMb - bare!.rssMb < GOALS.rssMb;
	rows.push([
		`idle, ${what}`,
		[
			`${idler.rssMb.toFixed(1)} MB`,
			above(idler, bare!, 'bare node'),
			...others,
			`CPU ${idler.cpuMs} ms in ${idleSeconds} s`,
		].join(', '),
		goal ? `within ${GOALS.rssMb} MB` : '',
		!goal || met,
	]);
};
// What is Node's own: the goal is held against a bare process, whatever these two say.
memory('ws and http2 required, no agent', wsRequired!, [], false);
memory(
	'ws and http2 imported, no agent',
	wsImported!,
	[above(wsImported!, bareModule!, 'a bare module')],
	false,
);
memory('required', required!, [above(required!, wsRequired!, 'ws and http2')]);
memory('imported', imported!, [
	above(imported!, bareModule!, 'a bare module'),
	above(imported!, wsImported!, 'ws and http2'),
]);
memory('daemon', daemon!, [above(daemon!, wsRequired!, 'ws and http2')]);

const bundle = await bundleKb(packed.folder);
rows.push([
	'bundle',
	`${bundle.toFixed(0)} KB, webpack in production mode, everything exported`,
	`under ${GOALS.bundleKb} KB`,
	bundle < GOALS.bundleKb,
]);
rows.push([
	'tarball',
	`${(statSync(packed.tarball).size / 1024).toFixed(0)} KB`,
	'',
	true,
]);
const packages = readdirSync(resolve(packed.folder, 'node_modules')).filter(
	(name) => !name.startsWith('.'),
);
rows.push(['packages', `${packages.length}: ${packages.join(', ')}`, '', true]);

await mock.stop();
packed.remove();
for (const [what, value, goal, met] of rows) {
	const verdict = goal === '' ? '' : ` (${goal}: ${met ? 'met' : 'MISSED'})`;
	console.log(`${what.padEnd(37)} ${value}${verdict}`);
}
if (values.check && rows.some(([, , , met]) => !met)) {
	process.exitCode = 1;
}
