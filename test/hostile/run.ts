/**
 * A table of attacks by a hostile node, over each carrier: how the link ended, how long that took, what memory and CPU it cost, and how soon
 * the device was back. `npm run test:hostile -- [--every-node | --node 22] [--only TEXT] [--carrier NAME] [--seconds N]
 * [--repeat N] [--parallel N] [--whole-heap]`.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';

import {
	assault,
	measureIdle,
	type AssaultOptions,
	type Result,
} from './assault.js';
import { ATTACKS, type Attack } from './attacks.js';
import { startServices, type CarrierName } from './hostile-node.js';
import { faultsOf } from './verdict.js';

const SUPPORTED = ['20.12.0', '20', '22', '24'];

const { values } = parseArgs({
	options: {
		'every-node': { type: 'boolean', default: false },
		/** A version of it, as the registry's `node` package has them. */
		node: { type: 'string' },
		only: { type: 'string', default: '' },
		repeat: { type: 'string', default: '1' },
		carrier: { type: 'string' },
		seconds: { type: 'string', default: '15' },
		'whole-heap': { type: 'boolean', default: false },
		parallel: { type: 'string', default: '1' },
	},
});

/** From Node 24 on `--max-old-space-size=128` allows a heap of 320 MB; on 20 and 22 one of 176. */
const limitsWholeHeap = (version = process.versions.node) =>
	values['whole-heap'] || Number.parseInt(version, 10) >= 24;

/** Where a version of Node is that the registry's `node` package brings. */
const pathOf = (version: string) =>
	execFileSync('npx', ['-y', '-p', `node@${version}`, 'which', 'node'], {
		encoding: 'utf8',
	}).trim();

const versions: Array<string | undefined> = values['every-node']
	? SUPPORTED
	: [values.node];
const carriers = values.carrier
	? [values.carrier as CarrierName]
	: (['websocket', 'udp'] as const);
const attacks = ATTACKS.filter(({ name }) => name.includes(values.only));
const module = new URL('../../dist/index.js', import.meta.url).href;
const services = await startServices();

const cell = (value: number | undefined, digits = 1) =>
	value === undefined ? '-' : value.toFixed(digits);

for (const version of versions) {
	const node = {
		execPath: version && pathOf(version),
		wholeHeap: limitsWholeHeap(version),
	};
	console.log(`\n# Node ${version ?? process.versions.node}\n`);
	console.log(
		'| attack | carrier | outcome | s to the end | grown MB | CPU s | back after s |',
	);
	console.log('| --- | --- | --- | --- | --- | --- | --- |');
	const idle: Record<string, number> = {};
	for (const carrier of carriers) {
		idle[carrier] = await measureIdle(carrier, services, {
			module,
			...node,
			longestMs: 0,
		});
	}
	const queue = Array.from({ length: Number(values.repeat) }, () => attacks)
		.flat()
		.flatMap((attack) =>
			carriers
				.filter((carrier) => (attack.only ?? carrier) === carrier)
				.map((carrier) => [attack, carrier] as const),
		);
	const work = async () => {
		for (let row = queue.shift(); row; row = queue.shift()) {
			await one(...row, node, idle[row[1]]!);
		}
	};
	await Promise.all(Array.from({ length: Number(values.parallel) }, work));
}
services.stop();

async function one(
	attack: Attack,
	carrier: CarrierName,
	node: Pick<AssaultOptions, 'execPath' | 'wholeHeap'>,
	idleBytes: number,
): Promise<void> {
	const result: Result = await assault(attack, carrier, services, {
		module,
		...node,
		idleBytes,
		longestMs: Number(values.seconds) * 1000,
	});
	const faults = faultsOf(attack, result);
	console.log(
		`| ${attack.name} | ${carrier} | ${result.outcome}${faults.length > 0 ? ` **${faults.join(', ')}**` : ''} | ${cell(result.seconds)} | ${cell(result.grownMb, 0)} | ${cell(result.cpuSeconds)} | ${cell(result.backSeconds)} |`,
	);
	if (faults.length > 0 || process.env.SHOW) {
		console.log(`<!-- ${result.message} -->`);
		process.exitCode = 1;
	}
}
