/**
 * What the agent costs: time to import, memory and CPU when idle, size. `npm run bench:footprint`; `--seconds N`
 * for another idle time than a minute, `--check` to exit with 1 where a goal is missed.
 */
import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	readdirSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { MockCloudlink } from '../../src/testing/index.js';
import { bundle, nodeOf } from '../package/bundle.js';
import { installPacked } from '../package/packed.js';
import { idleTraffic } from './footprint/idle-traffic.js';
import { idleMedian, type Idle, loadedMb, median } from './footprint/memory.js';

const { values } = parseArgs({
	options: {
		seconds: { type: 'string', default: '60' },
		check: { type: 'boolean', default: false },
	},
});
const idleSeconds = Number(values.seconds);

/** In megabytes above a bare process of the same Node, by its line. */
const OPENVPN_MB: Record<number, number> = { 20: 6, 22: 8, 24: 8 };
const GOALS = {
	importRatio: 3,
	/** What the daemon with openvpn alone may have more than what it requires. */
	daemonMoreMb: 3,
	/** Everything on Node 20, whose ws and http2 take less. */
	everythingMb: 15,
	/** Everything on later ones, above what ws and http2 take. */
	aboveWsMb: 5,
	attachedKb: 120,
	bundleKb: 300,
};

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

const packed = installPacked();
const mock = await MockCloudlink.start({});
const node = mock.nodes[0]!.address;
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

const stay = 'setInterval(() => {}, 1e9);';
const script = (name: string, text: string): string[] => {
	writeFileSync(join(packed.folder, name), text);
	return [name];
};
const OURS = 'cloudlink-agent';
/**
 * A command beside ours, by a link as long to a path as long: where a path has some fifty characters, Node's own handling of it is hot enough
 * for an optimising compiler before the first line of a program, which costs a bare process 2 MB on Node 24.
 */
const command = (name: string, text: string): string[] => {
	const bin = join('node_modules', '.bin', name.padEnd(OURS.length, '-'));
	script(join('node_modules', OURS, 'dist', `${name}.cjs`), text);
	symlinkSync(`../${OURS}/dist/${name}.cjs`, join(packed.folder, bin));
	return [bin];
};
const agent = (entry: string) => `
	const { CloudlinkAgent, websocket } = ${entry};
	const agent = new CloudlinkAgent({
		device: { uuid: 'footprint' + process.pid, key: 'key' },
		nodes: ['${node}'],
		transports: [websocket({ insecure: true })],
		pacing: { preset: 'lab' },
		services: [{ port: 8080 }],
	});
	agent.start();
`;
const daemon = (...flags: string[]) => [
	join('node_modules', '.bin', OURS),
	...['run', '--uuid', 'daemon', '--pacing', 'lab', '--state', 'none'],
	...['--log-level', 'error', ...flags],
];
const running = {
	'a bare process': command('one', stay),
	'ws and http2': command(
		'two',
		`require('ws'); require('node:http2'); ${stay}`,
	),
	'websocket up, required': script(
		'required.cjs',
		agent("require('cloudlink-agent')"),
	),
	'websocket up, imported': script(
		'imported.mjs',
		agent("await import('cloudlink-agent')"),
	),
	'the daemon, websocket up': daemon(
		...['--transports', 'websocket', '--insecure', '--node', node],
		...['--health', './websocket.sock'],
	),
	'the daemon, openvpn alone': daemon(
		...['--transports', 'attach:./nobody.sock', '--health', './openvpn.sock'],
	),
};

for (const line of [20, 22, 24]) {
	const binary = nodeOf(line);
	if (binary === undefined) {
		console.error(`Node ${line} cannot be had: needs the npm registry.`);
		continue;
	}
	const loaded = loadedMb(binary, packed.folder, {
		bare: '',
		builtin: ['net', 'child_process', 'dns', 'crypto']
			.map((name) => `require('${name}')`)
			.join(';'),
		ws: "require('ws'); require('http2')",
		attached: "require('cloudlink-agent/openvpn-attached')",
		openvpn: "require('cloudlink-agent/openvpn')",
		websocket: "require('cloudlink-agent/websocket')",
		udp: "require('cloudlink-agent/udp')",
		everything: "require('cloudlink-agent')",
	});
	const above = (name: string) => loaded[name]! - loaded.bare!;
	const everythingMb =
		line === 20 ? GOALS.everythingMb : above('ws') + GOALS.aboveWsMb;
	const goals: Record<string, number | undefined> = {
		attached: OPENVPN_MB[line],
		openvpn: OPENVPN_MB[line],
		everything: everythingMb,
	};
	const row = (what: string, mb: number, goal?: number, more = '') =>
		rows.push([
			`Node ${line}: ${what}`,
			`${mb.toFixed(1)} MB above bare${more}`,
			goal === undefined ? '' : `at most ${goal.toFixed(1)}`,
			goal === undefined || mb <= goal,
		]);
	row('net, child_process, dns, crypto', above('builtin'));
	row('ws and http2', above('ws'));
	for (const name of [
		...['attached', 'openvpn', 'websocket', 'udp', 'everything'],
	]) {
		row(`${name} required`, above(name), goals[name]);
	}

	const held = Object.fromEntries(
		await Promise.all(
			Object.entries(running).map(async ([what, args]) => [
				what,
				await idleMedian(binary, packed.folder, args, idleSeconds),
			]),
		),
	) as Record<keyof typeof running, Idle>;
	const bare = held['a bare process'].rssMb;
	const wsMb = held['ws and http2'].rssMb - bare;
	for (const [what, { rssMb, cpuMs }] of Object.entries(held).slice(1)) {
		const goal =
			what === 'ws and http2'
				? undefined
				: what === 'the daemon, openvpn alone'
					? OPENVPN_MB[line]! + GOALS.daemonMoreMb
					: line === 20
						? GOALS.everythingMb
						: wsMb + GOALS.aboveWsMb;
		row(what, rssMb - bare, goal, `, CPU ${cpuMs} ms in ${idleSeconds} s`);
	}
}

/** What a program becomes by the supervisor's own webpack, in kilobytes. */
async function bundleKb(name: string, text: string): Promise<number> {
	const own = join(packed.folder, name);
	mkdirSync(own);
	writeFileSync(join(own, 'app.js'), text);
	await bundle(own, './app.js');
	const files = readdirSync(join(own, 'dist'));
	return (
		files.reduce(
			(sum, each) => sum + statSync(join(own, 'dist', each)).size,
			0,
		) / 1000
	);
}

const attached = await bundleKb(
	'attached',
	`const { CloudlinkAgent, openvpn } = require('cloudlink-agent/openvpn-attached');
	new CloudlinkAgent({ device: { uuid: 'a' }, transports: [openvpn({ attach: '/run/x' })] });`,
);
const owned = await bundleKb(
	'owned',
	"console.log({ ...require('cloudlink-agent/openvpn') });",
);
rows.push([
	'bundle, attached openvpn alone',
	`${attached.toFixed(0)} kB, the supervisor's webpack`,
	`at most ${GOALS.attachedKb}`,
	attached <= GOALS.attachedKb,
]);
rows.push([
	'bundle, openvpn alone',
	`${owned.toFixed(0)} kB, the supervisor's webpack`,
	'',
	true,
]);
const whole = await bundleKb(
	'whole',
	"console.log({ ...require('cloudlink-agent') });",
);
rows.push([
	'bundle, everything',
	`${whole.toFixed(0)} kB, the supervisor's webpack`,
	`at most ${GOALS.bundleKb}`,
	whole <= GOALS.bundleKb,
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

rows.push(...(await idleTraffic()));
await mock.stop();
packed.remove();
for (const [what, value, goal, met] of rows) {
	const verdict = goal === '' ? '' : ` (${goal}: ${met ? 'met' : 'MISSED'})`;
	console.log(`${what.padEnd(37)} ${value}${verdict}`);
}
if (values.check && rows.some(([, , , met]) => !met)) {
	process.exitCode = 1;
}
