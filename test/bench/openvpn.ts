/**
 * The herd with real openvpn: fleets side by side, each behind an admission limiter of its own to a stock openvpn
 * server. The limiters are cut for a while; what each fleet then needs stands beside what the simulator predicts.
 * Then the same behind a server that behaves as open-balena-vpn and a real HAProxy, with either of its limiters.
 * Needs root, openvpn, haproxy and /dev/net/tun.
 *
 *     npm run bench:openvpn -- [--devices 100] [--rate 2] [--outage 20] [--bounds 6] [--only herd|doors|api] [--down 60]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HintMode,
} from '../../src/simulator/index.js';
import { NO_ADDRESSES } from '../../src/cli/demo/openvpn/configuration.js';
import { missingForOpenvpn, startServer } from '../support/openvpn-server.js';
import { agentFleet, stockFleet, type Fleet } from './openvpn/fleets.js';
import { measureApiDown } from './openvpn/api-down.js';
import { measureDoor } from './openvpn/doors.js';
import { Limiter } from './openvpn/limiter.js';

const { values: args } = parseArgs({
	options: {
		devices: { type: 'string', default: '100' },
		rate: { type: 'string', default: '2' },
		outage: { type: 'string', default: '20' },
		/** Multiples of N/R after which a fleet is given up. */
		bounds: { type: 'string', default: '6' },
		/** How long the API behind the logins is down, in seconds. */
		down: { type: 'string', default: '60' },
		/** Only the one or the other part. */
		only: { type: 'string' },
	},
});
const devices = Number(args.devices);
const acceptRate = Number(args.rate);
const outageSeconds = Number(args.outage);
const bound = devices / acceptRate;
const giveUpSeconds = Number(args.bounds) * bound;
/** A reset right after the accept costs this limiter nothing. */
const capacity = { acceptRate, rejectCost: 0, rejectDebtSeconds: 10 };
/** Links must have proved stable before they are cut: the agent's default is 30 s. */
const SETTLE_MS = 32_000;
const CONNECT_MS = 120_000;
const SEEDS = [1, 2, 3, 4, 5];

interface Experiment {
	readonly title: string;
	readonly policy: string;
	readonly hints: HintMode;
}

const EXPERIMENTS: readonly Experiment[] = [
	{
		title: 'stock, --connect-retry 5 120',
		policy: 'balena-tcp-reset',
		hints: 'none',
	},
	{ title: 'agent, no hint', policy: 'agent', hints: 'none' },
	{ title: `agent, window=${bound} by echo`, policy: 'agent', hints: 'window' },
];

interface Figures {
	/** In multiples of N/R from the end of the cut; undefined where given up. */
	readonly t50: number | undefined;
	readonly t100: number | undefined;
	readonly back: number;
	readonly attempts: number;
	readonly peak: number;
}

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
	const endMs = performance.now() + withinMs;
	while (!holds() && performance.now() < endMs) {
		await sleep(20);
	}
	return holds();
}

/** The most in any one second. */
function peakOf(timesMs: readonly number[]): number {
	let first = 0;
	let most = 0;
	for (const [index, atMs] of timesMs.entries()) {
		while (timesMs[first]! <= atMs - 1000) {
			first += 1;
		}
		most = Math.max(most, index - first + 1);
	}
	return most;
}

async function measure({ policy, hints, title }: Experiment): Promise<Figures> {
	const directory = mkdtempSync(join(tmpdir(), 'bench-openvpn-'));
	const server = await startServer({
		directives: [...NO_ADDRESSES, 'keepalive 10 60'],
		authenticate: () => ({
			accept:
				hints === 'window' ? [`echo cloudlink reconnect-window=${bound}`] : [],
		}),
	});
	const limiter = new Limiter(server.port);
	const live = () => server.connected.size;
	const attemptsMs: number[] = [];
	let fleet: Fleet | undefined;
	try {
		const options = {
			devices,
			port: await limiter.listen(),
			ca: server.ca,
			directory,
			onAttempt: () => attemptsMs.push(performance.now()),
		};
		fleet =
			policy === 'agent' ? await agentFleet(options) : stockFleet(options);
		if (!(await until(() => live() === devices, CONNECT_MS))) {
			throw new Error(`${title}: only ${live()} connected at first`);
		}
		await sleep(SETTLE_MS);

		attemptsMs.length = 0;
		limiter.cut();
		await sleep(outageSeconds * 1000);
		await limiter.mend(capacity);
		const mendedMs = performance.now();
		const back = async (share: number) =>
			(await until(
				() => live() >= share * devices,
				mendedMs + giveUpSeconds * 1000 - performance.now(),
			))
				? (performance.now() - mendedMs) / 1000 / bound
				: undefined;
		const t50 = await back(0.5);
		const t100 = await back(1);
		return {
			t50,
			t100,
			back: live(),
			attempts: attemptsMs.length / devices,
			peak: peakOf(attemptsMs),
		};
	} finally {
		await fleet?.stop();
		limiter.close();
		await server.stop();
		rmSync(directory, { recursive: true, force: true });
	}
}

interface Prediction {
	readonly t50: number | undefined;
	readonly t100: number | undefined;
	readonly attempts: number;
}

/** The mean over some seeds; a fleet that is not back within the bound counts as given up, as above. */
function predict({ policy, hints }: Experiment): Prediction {
	const results = SEEDS.map(
		(seed) =>
			simulateHerd({
				...HERD_DEFAULTS,
				...capacity,
				devices,
				outageSeconds,
				policy: policyNamed(policy),
				stockPolicy: policyNamed('balena-tcp-reset'),
				hints,
				seed,
			}).result,
	);
	const mean = (values: ReadonlyArray<number | null>) =>
		values.some((value) => value === null || value > Number(args.bounds))
			? undefined
			: values.reduce<number>((sum, value) => sum + value!, 0) / values.length;
	return {
		t50: mean(results.map(({ t50 }) => t50)),
		t100: mean(results.map(({ t100 }) => t100)),
		attempts:
			results.reduce((sum, one) => sum + one.attemptsPerDevice, 0) /
			results.length,
	};
}

const multiple = (value: number | undefined) =>
	value === undefined ? `> ${args.bounds}` : value.toFixed(2);

function row(cells: readonly string[]): string {
	const [title, ...rest] = cells;
	return `| ${title!.padEnd(36)} | ${rest.map((cell) => cell.padStart(9)).join(' | ')} |`;
}

const missing = missingForOpenvpn();
if (missing !== undefined) {
	throw new Error(`bench:openvpn cannot run: ${missing}`);
}

async function herd(): Promise<void> {
	console.log(
		`${devices} real openvpn clients a fleet, ${acceptRate} accepted a second (T = ${bound} s), all cut for ${outageSeconds} s.
Times are in T from the end of the cut; the simulator's (mean of ${SEEDS.length} seeds) are in brackets.\n`,
	);
	const startedMs = performance.now();
	const measured = await Promise.all(EXPERIMENTS.map(measure));
	console.log(
		row([
			'',
			't50/T',
			'(sim)',
			't100/T',
			'(sim)',
			'attempts',
			'(sim)',
			'peak in 1s',
			'back',
		]),
	);
	console.log(row(['---', ...Array.from({ length: 8 }, () => '---:')]));
	for (const [index, experiment] of EXPERIMENTS.entries()) {
		const real = measured[index]!;
		const predicted = predict(experiment);
		console.log(
			row([
				experiment.title,
				multiple(real.t50),
				`(${multiple(predicted.t50)})`,
				multiple(real.t100),
				`(${multiple(predicted.t100)})`,
				real.attempts.toFixed(1),
				`(${predicted.attempts.toFixed(1)})`,
				String(real.peak),
				`${real.back}/${devices}`,
			]),
		);
	}
	console.log(
		`\nTook ${((performance.now() - startedMs) / 1000).toFixed(0)} s. A fleet that was not back after ${args.bounds} T was given up; its attempts count up to then, the simulator's to the end.`,
	);
}

const DOOR_DEVICES = 40;
const GIVE_UP_SECONDS = 150;

async function doors(): Promise<void> {
	console.log(
		`\n${DOOR_DEVICES} devices a fleet, behind HAProxy with send-proxy, all cut at once; all fleets of a door in the same run.\n`,
	);
	console.log(row(['', 'back', 'last, s', 'x stock', 'attempts']));
	console.log(row(['---', '---:', '---:', '---:', '---:']));
	for (const limit of [
		{ kind: 'queue', perSecond: 1 },
		{ kind: 'reject', perSecond: 2 },
	] as const) {
		const rows = await measureDoor(DOOR_DEVICES, limit, GIVE_UP_SECONDS);
		const stock = rows.find(({ fleet }) => fleet === 'stock')?.seconds;
		for (const { door, fleet, back, seconds, attempts } of rows) {
			console.log(
				row([
					`${door}: ${fleet}`,
					`${back}/${DOOR_DEVICES}`,
					seconds?.toFixed(1) ?? `> ${GIVE_UP_SECONDS}`,
					seconds === undefined || stock === undefined
						? ''
						: (seconds / stock).toFixed(2),
					attempts.toFixed(2),
				]),
			);
		}
	}
}

const API_DEVICES = 12;

async function apiDown(): Promise<void> {
	const downSeconds = Number(args.down);
	// A device that waited through a long outage may wait as long as the outage rows of docs/pacing.md say.
	const giveUp = downSeconds <= 60 ? 300 : 3600;
	console.log(
		`\n${API_DEVICES} devices a fleet, whose keys worked; the API behind the logins is down for ${downSeconds} s. Seconds from its return.\n`,
	);
	console.log(row(['', 'back', 't50', 't100', 'attempts']));
	console.log(row(['---', '---:', '---:', '---:', '---:']));
	for (const { fleet, back, t50, t100, attempts } of await measureApiDown(
		API_DEVICES,
		downSeconds,
		giveUp,
	)) {
		console.log(
			row([
				fleet,
				`${back}/${API_DEVICES}`,
				t50?.toFixed(1) ?? '',
				t100?.toFixed(1) ?? `> ${giveUp}`,
				attempts.toFixed(1),
			]),
		);
	}
}

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
	herd,
	doors,
	api: apiDown,
};
for (const [name, measurePart] of Object.entries(PARTS)) {
	if (args.only === undefined || args.only === name) {
		await measurePart();
	}
}
