/**
 * The herd on real sockets, beside the simulator with the same parameters: real agents by `cloudlink-agent rehearse`
 * against the mock, and real peers behind an admission limiter on loopback.
 *
 *     npm run bench:herd -- [--devices 2000] [--rate 50] [--only agent,mqttjs] [--tls] [--processes 4] [--bounds 5] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
} from '../../src/simulator/index.js';
import { toError } from '../../src/errors.js';
import { rehearseAgents } from './herd/agents.js';
import { CLIENTS, type ClientName } from './herd/clients.js';
import { runHerd, type Figures, type Measured } from './herd/run.js';

const { values: args } = parseArgs({
	options: {
		devices: { type: 'string', default: '2000' },
		rate: { type: 'string', default: '50' },
		only: { type: 'string', default: ['agent', ...CLIENTS].join(',') },
		/** Multiples of N/R after which a fleet is given up. */
		bounds: { type: 'string', default: '5' },
		/** Agents dial with TLS, and are shared by so many processes. */
		tls: { type: 'boolean', default: false },
		processes: { type: 'string', default: '1' },
		json: { type: 'string', default: join(tmpdir(), 'cloudlink-herd.json') },
	},
});
const devices = Number(args.devices);
const acceptRate = Number(args.rate);
const capacity = { acceptRate, rejectCost: 0.1, rejectDebtSeconds: 10 };
const bound = devices / acceptRate;
const SIMULATED_SEEDS = [1, 2, 3, 4, 5];
/** How far the simulator may be off for our policy. */
const AGREEMENT = 0.15;

function mean(values: ReadonlyArray<number | null>): number | null {
	return values.includes(null)
		? null
		: values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
}

function simulated(client: ClientName): Figures {
	const results = SIMULATED_SEEDS.map(
		(seed) =>
			simulateHerd({
				...HERD_DEFAULTS,
				...capacity,
				devices,
				policy: policyNamed(client),
				stockPolicy: policyNamed('balena-tcp-reset'),
				hints: 'none',
				seed,
			}).result,
	);
	const within = (value: number | null) =>
		value !== null && value <= Number(args.bounds) ? value : null;
	return {
		t50: mean(results.map((result) => within(result.t50))),
		t99: mean(results.map((result) => within(result.t99))),
		t100: mean(results.map((result) => within(result.t100))),
		attemptsPerDevice: mean(results.map((r) => r.attemptsPerDevice))!,
		peakOverRate: mean(results.map((r) => r.peakOverRate))!,
	};
}

interface Run {
	readonly name: string;
	readonly ours: boolean;
	readonly measured?: Measured;
	readonly simulated: Figures;
	readonly skipped?: string;
}

async function runPeer(client: ClientName): Promise<Run> {
	const base = { name: client, ours: false, simulated: simulated(client) };
	process.stderr.write(`${client} ...\n`);
	try {
		const measured = await runHerd({
			...capacity,
			client,
			devices,
			boundSeconds: bound * Number(args.bounds),
		});
		return { ...base, measured };
	} catch (error) {
		return { ...base, skipped: toError(error).message };
	}
}

async function runAgents(window: boolean): Promise<Run> {
	const name = window ? 'agent, window told' : 'agent';
	process.stderr.write(`${name} ...\n`);
	const rehearsed = await rehearseAgents({
		devices,
		acceptRate,
		window,
		tls: args.tls,
		processes: Number(args.processes),
	});
	return {
		name,
		ours: true,
		measured: { ...rehearsed.measured, worstLagMs: rehearsed.worstLagMs },
		simulated: rehearsed.simulated,
	};
}

const FIGURES = [
	['t50', 't50/T'],
	['t99', 't99/T'],
	['t100', 't100/T'],
	['attemptsPerDevice', 'attempts'],
	['peakOverRate', 'peak/R'],
] as const;

function shown(value: number | null | undefined): string {
	return value === null || value === undefined ? 'never' : value.toFixed(2);
}

/** How far the measured figure is from the simulated one, as a share of it. */
function difference(
	measured: number | null,
	expected: number | null,
): number | undefined {
	return measured === null || expected === null
		? undefined
		: measured / expected - 1;
}

function print(result: Run): void {
	const { name, measured, simulated: expected, skipped } = result;
	if (!measured) {
		console.log(`${name}: skipped, ${skipped ?? 'no reason known'}`);
		return;
	}
	const cells = FIGURES.map(([key, title]) => {
		const off = difference(measured[key], expected[key]);
		const verdict =
			off === undefined
				? ''
				: `, ${off < 0 ? '' : '+'}${(off * 100).toFixed(0)} %`;
		return `${title} ${shown(measured[key])} (simulated ${shown(expected[key])}${verdict})`;
	});
	console.log(
		`${name}\n  ${cells.join('\n  ')}\n  worst lag ${measured.worstLagMs.toFixed(0)} ms`,
	);
}

console.log(
	`${devices} devices, ${acceptRate} accepts a second, T = ${bound} s; a reset costs peers ${capacity.rejectCost}, debt up to ${capacity.rejectDebtSeconds} s, and agents nothing; given up after ${args.bounds} T\n`,
);
const wanted = args.only.split(',');
const runs: Run[] = [];
const add = (result: Run) => {
	print(result);
	runs.push(result);
};
if (wanted.includes('agent')) {
	add(await runAgents(false));
	add(await runAgents(true));
}
for (const client of CLIENTS.filter((name) => wanted.includes(name))) {
	add(await runPeer(client));
}
const gaps = runs
	.filter(({ ours }) => ours)
	.flatMap(({ measured, simulated: expected }) =>
		FIGURES.map(([key]) =>
			measured ? difference(measured[key], expected[key]) : undefined,
		),
	);
const agrees = gaps.every(
	(share) => share !== undefined && Math.abs(share) <= AGREEMENT,
);
if (gaps.length > 0) {
	console.log(
		`\nFor our policy simulator and sockets ${agrees ? 'agree' : 'do NOT agree'} within ${AGREEMENT * 100} %.`,
	);
}
writeFileSync(
	args.json,
	`${JSON.stringify({ devices, ...capacity, runs }, null, '\t')}\n`,
);
console.log(`Written to ${args.json}`);
