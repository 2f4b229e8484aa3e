/**
 * Prints every row of the table of targets for pacing, target and figure side by side, and under one row of each
 * kind what every other policy does there (one seed). Ten minutes in all, half of it for the peers.
 *
 *     npm run bench:pacing -- [--only ID[,ID]] [--seeds 5] [--peers all|none|NAME[,NAME]] [--policy agent] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { POLICIES } from '../../src/simulator/index.js';
import { ROWS, type Figure, type Row } from './pacing/rows.js';

const { values: args } = parseArgs({
	options: {
		only: { type: 'string' },
		seeds: { type: 'string', default: '5' },
		policy: { type: 'string', default: 'agent' },
		peers: { type: 'string', default: 'all' },
		json: { type: 'string' },
	},
});
const seeds = Array.from({ length: Number(args.seeds) }, (_, i) => i + 1);
const only = args.only?.split(',');
const peers = peersNamed(args.peers);
const rows = ROWS.filter(({ id }) => !only || only.includes(id));
if (rows.length === 0) {
	const ids = [...new Set(ROWS.map(({ id }) => id))];
	throw new Error(`no such row; known are ${ids.join(', ')}`);
}

function peersNamed(names: string): string[] {
	if (names === 'all') {
		return POLICIES.map(({ name }) => name).filter(
			(name) => name !== args.policy,
		);
	}
	return names === 'none' ? [] : names.split(',');
}

function met({ value, target }: Figure): boolean {
	return target === undefined || value <= target;
}

function shown(value: number): string {
	return value === Infinity ? 'never' : String(Number(value.toPrecision(4)));
}

function line(figures: readonly Figure[]): string {
	return figures
		.map((figure) => {
			const { name, value, target } = figure;
			const bound = target === undefined ? '' : ` (<= ${shown(target)})`;
			return `${name} ${shown(value)}${bound}${met(figure) ? '' : ' MISSED'}`;
		})
		.join(' | ');
}

interface Result {
	id: string;
	title: string;
	figures: Figure[];
	peers: Record<string, Figure[]>;
}

function show(row: Row): Result {
	const figures = row.figures(args.policy, seeds);
	const mark = figures.every(met) ? 'ok    ' : 'MISSED';
	console.log(`${mark} ${row.title}\n       ${line(figures)}`);
	const beside: Record<string, Figure[]> = {};
	for (const peer of row.peers ? peers : []) {
		const run = row.brief ?? row.figures;
		const theirs = run(peer, seeds.slice(0, 1));
		beside[peer] = theirs.map(({ name, value }) => ({ name, value }));
		const text = theirs.map(({ name, value }) => `${name} ${shown(value)}`);
		console.log(`         ${peer}: ${text.join(' | ')}`);
	}
	return { id: row.id, title: row.title, figures, peers: beside };
}

const results = rows.map(show);
const all = results.flatMap(({ figures }) => figures);
const targets = all.filter(({ target }) => target !== undefined);
console.log(
	`\n${targets.filter(met).length} of ${targets.length} targets met by ${args.policy}, ${seeds.length} seeds.`,
);
if (args.json !== undefined) {
	writeFileSync(args.json, `${JSON.stringify(results, null, '\t')}\n`);
}
