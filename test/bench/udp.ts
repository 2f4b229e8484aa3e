/**
 * The UDP carrier against TCP + TLS on the same machine in the same run: medians, the target beside the figure.
 *
 *     npm run bench:udp -- [--runs 3] [--seconds 8] [--only loopback,path,fairness,idle,handshake]
 *
 * The emulated path needs root, Linux network namespaces, /dev/net/tun and python3; without them those lines
 * are left out, and it says so.
 */
import { parseArgs } from 'node:util';

import { createCertificateAuthority } from '../../src/testing/certificates.js';
import { encodeAnswer } from '../../src/transports/udp/wire/keyless.js';
import type { Carrier, Where } from './udp/endpoint.js';
import { EmulatedPath } from './udp/path.js';
import { BenchProcess } from './udp/process.js';
import { measureRebinding } from './udp/rebinding.js';
import {
	atLeast,
	atMost,
	between,
	HEAD,
	median,
	show,
	type Row,
} from './udp/table.js';

const { values: args } = parseArgs({
	options: {
		runs: { type: 'string', default: '3' },
		seconds: { type: 'string', default: '8' },
		only: { type: 'string', default: 'loopback,idle,handshake,path,fairness' },
	},
});
const runs = Number(args.runs);
const pathMs = Number(args.seconds) * 1000;
const only = args.only.split(',');

const { ca, issue } = await createCertificateAuthority();
const certificate = await issue({ names: ['127.0.0.1', '10.77.0.2'] });
const CARRIERS: readonly Carrier[] = ['tcp', 'udp'];
const MB = 1e6;

type Each<T> = Record<Carrier, T[]>;
const each = <T>(): Each<T> => ({ tcp: [], udp: [] });
const told: Row[] = [];

function tell(row: Row): void {
	told.push(row);
	console.log(show(row));
}

/** Two processes, and where the second reaches the first. */
async function pair(
	host: string,
	namespaces: { node?: string; device?: string } = {},
) {
	const node = new BenchProcess(namespaces.node);
	const device = new BenchProcess(namespaces.device);
	const ports = await node.call('listen', { host, ...certificate });
	const where = (carrier: Carrier): Where => ({
		carrier,
		host,
		port: ports[carrier],
		ca,
	});
	const stop = async () => {
		await Promise.all([node.stop(), device.stop()]);
	};
	return { node, device, where, stop };
}

type Pair = Awaited<ReturnType<typeof pair>>;

interface Transfer {
	readonly mbPerSecond: number;
	readonly cpuPerMb: number;
	readonly gcShare: number;
}

async function transfer(
	{ node, device, where }: Pair,
	carrier: Carrier,
	limits: { bytes: number; forMs: number },
): Promise<Transfer> {
	await Promise.all([node.call('cpu'), device.call('cpu')]);
	const { bytes, ms } = await device.call('download', {
		...where(carrier),
		...limits,
	});
	const used = await Promise.all([node.call('cpu'), device.call('cpu')]);
	const cpuMs = used[0].cpuMs + used[1].cpuMs;
	return {
		mbPerSecond: bytes / MB / (ms / 1000),
		cpuPerMb: cpuMs / (bytes / MB),
		gcShare: (used[0].gcMs + used[1].gcMs) / cpuMs,
	};
}

const of = (results: readonly Transfer[], what: keyof Transfer) =>
	median(results.map((result) => result[what]));
const both = (results: Each<Transfer>, what: keyof Transfer, unit: string) =>
	`${of(results.udp, what).toPrecision(3)} / ${of(results.tcp, what).toPrecision(3)} ${unit}`;
const ratio = (results: Each<Transfer>, what: keyof Transfer) =>
	of(results.udp, what) / of(results.tcp, what);

async function loopback(): Promise<void> {
	const ends = await pair('127.0.0.1');
	const results = each<Transfer>();
	const limits = { bytes: 60 * MB, forMs: 60_000 };
	for (const carrier of CARRIERS) {
		await transfer(ends, carrier, { ...limits, bytes: 10 * MB });
	}
	for (let run = 0; run < runs; run++) {
		for (const carrier of CARRIERS) {
			results[carrier].push(await transfer(ends, carrier, limits));
		}
	}
	await ends.stop();
	tell(
		atLeast(
			'loopback bulk throughput',
			ratio(results, 'mbPerSecond'),
			0.08,
			both(results, 'mbPerSecond', 'MB/s'),
		),
	);
	tell(
		atMost(
			'loopback CPU per MB, both ends',
			ratio(results, 'cpuPerMb'),
			12,
			both(results, 'cpuPerMb', 'ms/MB'),
		),
	);
	tell(
		atMost(
			'GC share of CPU in bulk',
			of(results.udp, 'gcShare'),
			0.1,
			both(results, 'gcShare', ''),
		),
	);
}

async function idle(): Promise<void> {
	const CONNECTIONS = 300;
	const kb: Record<Carrier, number> = { tcp: 0, udp: 0 };
	for (const carrier of CARRIERS) {
		const ends = await pair('127.0.0.1');
		const processes = [ends.node, ends.device] as const;
		await ends.device.call('hold', { ...ends.where(carrier), count: 20 });
		const before = await Promise.all(processes.map((one) => one.call('rss')));
		await ends.device.call('hold', {
			...ends.where(carrier),
			count: CONNECTIONS,
		});
		const after = await Promise.all(processes.map((one) => one.call('rss')));
		const grown = after.reduce(
			(sum, { rss }, i) => sum + rss - before[i]!.rss,
			0,
		);
		kb[carrier] = grown / CONNECTIONS / 1024;
		await ends.stop();
	}
	tell(
		atMost(
			'idle RSS per connection, both ends, KB',
			kb.udp,
			200,
			`${kb.udp.toFixed(0)} / ${kb.tcp.toFixed(0)} KB`,
		),
	);
}

async function warmHandshakes(): Promise<void> {
	const ends = await pair('127.0.0.1');
	const cpu: Record<Carrier, number[]> = { tcp: [], udp: [] };
	for (let run = 0; run < runs + 1; run++) {
		for (const carrier of CARRIERS) {
			await Promise.all([ends.node.call('cpu'), ends.device.call('cpu')]);
			for (let i = 0; i < 50; i++) {
				await ends.device.call('handshake', ends.where(carrier));
			}
			const used = await Promise.all([
				ends.node.call('cpu'),
				ends.device.call('cpu'),
			]);
			if (run > 0) {
				cpu[carrier].push((used[0].cpuMs + used[1].cpuMs) / 50);
			}
		}
	}
	await ends.stop();
	const [tcp, udp] = CARRIERS.map((carrier) => median(cpu[carrier]));
	tell(
		atMost(
			'warm handshake CPU, both ends',
			udp! / tcp!,
			2,
			`${udp!.toFixed(2)} / ${tcp!.toFixed(2)} ms`,
		),
	);
	const retry = encodeAnswer({
		type: 'retry',
		clientId: Buffer.alloc(8),
		serverId: Buffer.alloc(8),
		nonce: Buffer.alloc(8),
		token: Buffer.alloc(23),
	});
	tell(
		atMost(
			'amplification before validation',
			retry.length / 1200,
			0.1,
			`${retry.length} of 1200 bytes`,
		),
	);
	const { addedMs, roundTripMs } = await measureRebinding(ca, certificate);
	tell(
		atMost(
			'rebinding on loopback, added delay less a round trip, ms',
			addedMs - roundTripMs,
			5,
			`${addedMs.toFixed(1)} ms, round trip ${roundTripMs.toFixed(1)} ms`,
		),
	);
}

/** A process that has done nothing yet: what a device sees after a boot. */
async function coldHandshakes(path: EmulatedPath): Promise<void> {
	await path.set({ delayMs: 25, loss: 0, bytesPerMs: 2500, queueMs: 100 });
	const ms = {
		tcp: [] as number[],
		udp: [] as number[],
		token: [] as number[],
	};
	for (let run = 0; run < Math.max(5, runs); run++) {
		for (const kind of ['tcp', 'udp', 'token'] as const) {
			const ends = await pair(path.nodeAddress, path);
			const where = ends.where(kind === 'tcp' ? 'tcp' : 'udp');
			ms[kind].push(
				(
					await ends.device.call('handshake', {
						...where,
						again: kind === 'token',
					})
				).ms,
			);
			await ends.stop();
		}
	}
	const [tcp, udp, token] = [median(ms.tcp), median(ms.udp), median(ms.token)];
	tell(
		atMost(
			'cold handshake, round trip 50 ms',
			udp / tcp,
			1.25,
			`${udp.toFixed(0)} / ${tcp.toFixed(0)} ms`,
		),
	);
	tell(
		atMost(
			'handshake with a stored token, in round trips of 50 ms',
			token / 50,
			1.5,
			`${token.toFixed(0)} ms, warm`,
		),
	);
}

async function bulkOverPath(path: EmulatedPath): Promise<void> {
	for (const roundTripMs of [20, 50]) {
		for (const loss of [0, 0.01, 0.03]) {
			await path.set({
				delayMs: roundTripMs / 2,
				loss,
				bytesPerMs: 2500,
				queueMs: 100,
			});
			const ends = await pair(path.nodeAddress, path);
			const results = each<Transfer>();
			const limits = { bytes: 1e9, forMs: loss === 0 ? pathMs : 2 * pathMs };
			for (let run = 0; run < (loss === 0 ? runs : runs + 2); run++) {
				for (const carrier of CARRIERS) {
					results[carrier].push(await transfer(ends, carrier, limits));
				}
			}
			await ends.stop();
			const what = `20 Mbit/s, ${roundTripMs} ms, ${loss * 100} % lost`;
			const least = loss === 0 ? 0.95 : loss === 0.01 ? 0.8 : 0.7;
			tell(
				atLeast(
					`${what}: throughput`,
					ratio(results, 'mbPerSecond'),
					least,
					both(results, 'mbPerSecond', 'MB/s'),
				),
			);
			if (loss === 0) {
				tell(
					atMost(
						`${what}: CPU per MB, both ends`,
						ratio(results, 'cpuPerMb'),
						6,
						both(results, 'cpuPerMb', 'ms/MB'),
					),
				);
			}
		}
	}
}

async function fairness(path: EmulatedPath): Promise<void> {
	const WINDOW_MS = 14_000;
	await path.set({ delayMs: 15, loss: 0, bytesPerMs: 2500, queueMs: 60 });
	for (const control of ['reno', 'bbr']) {
		if (!path.useTcp(control)) {
			console.log(`(TCP ${control} is not to be had here)`);
			continue;
		}
		const shares: number[] = [];
		const details: string[] = [];
		for (let run = 0; run < runs; run++) {
			const ends = await pair(path.nodeAddress, path);
			const second = new BenchProcess(path.device);
			const limits = { bytes: 1e9, forMs: WINDOW_MS + 3000, fromMs: 3000 };
			const [tcp, udp] = await Promise.all([
				ends.device.call('download', { ...ends.where('tcp'), ...limits }),
				second.call('download', { ...ends.where('udp'), ...limits }),
			]);
			await second.stop();
			await ends.stop();
			shares.push(udp.bytes / tcp.bytes);
			details.push(
				`${(udp.bytes / MB / (WINDOW_MS / 1000)).toFixed(2)} / ${(tcp.bytes / MB / (WINDOW_MS / 1000)).toFixed(2)}`,
			);
		}
		tell(
			between(
				`share against one TCP ${control} flow`,
				median(shares),
				0.5,
				2,
				`${details.join(', ')} MB/s`,
			),
		);
	}
	path.useTcp('reno');
}

async function overPath(): Promise<void> {
	let path: EmulatedPath;
	try {
		path = await EmulatedPath.open();
	} catch (error) {
		console.log(`(the emulated path is left out: ${String(error)})`);
		return;
	}
	try {
		path.useTcp('reno');
		if (only.includes('handshake')) {
			await coldHandshakes(path);
		}
		if (only.includes('path')) {
			await bulkOverPath(path);
		}
		if (only.includes('fairness')) {
			await fairness(path);
		}
	} finally {
		await path.close();
	}
}

console.log(
	`Node ${process.version}, medians of ${runs} runs and more; TCP on the emulated path is reno.\n\n${HEAD}`,
);
if (only.includes('loopback')) {
	await loopback();
}
if (only.includes('idle')) {
	await idle();
}
if (only.includes('handshake')) {
	await warmHandshakes();
}
if (only.some((what) => ['handshake', 'path', 'fairness'].includes(what))) {
	await overPath();
}
console.log(
	`\n${told.filter(({ met }) => met).length} of ${told.length} targets met.`,
);
