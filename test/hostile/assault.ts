import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Attack } from './attacks.js';
import { GREETING, UUID } from './frames.js';
import {
	HostileNode,
	type CarrierName,
	type Services,
} from './hostile-node.js';

/** How a device came out of one attack. */
export interface Result {
	readonly attack: string;
	readonly carrier: CarrierName;
	/** The outcome's code; `held` when the link lived on, `died` when the process did. */
	readonly outcome: string;
	readonly message: string;
	/** From the attack's first byte to the end of the link; undefined when it was held. */
	readonly seconds: number | undefined;
	/** Highest resident set above that of an idle link, in MB. */
	readonly grownMb: number;
	/** CPU that the device spent until the end, in seconds. */
	readonly cpuSeconds: number;
	/** From the end until the next link is up. */
	readonly backSeconds: number | undefined;
}

export interface AssaultOptions {
	/** The program that runs the device. @default this Node */
	readonly execPath?: string;
	/**
	 * Whether the limit is one for the whole heap. Otherwise it is for the old generation, and the young one comes on top: V8
	 * then allows 176 MB in all on Node 20 and 22, and 320 on 24. @default false
	 */
	readonly wholeHeap?: boolean;
	/** Arguments of it, beside the heap's limit. */
	readonly execArgv?: readonly string[];
	/** The module that has the agent. */
	readonly module: string;
	/** An attack that has not ended the link by then is over, in ms. */
	readonly longestMs: number;
	/** The resident set of a device that has a link and nothing to do. */
	readonly idleBytes?: number;
}

const HEAP_MB = 128;
const SAMPLE_MS = 50;
const BACK_MS = 15_000;
const DEVICE = fileURLToPath(new URL('device.mjs', import.meta.url));

interface Told {
	readonly event: string;
	readonly code?: string;
	readonly message?: string;
}

/** Starts a device, lets it come to a hostile node, and watches. */
export async function assault(
	attack: Attack,
	carrier: CarrierName,
	services: Services,
	options: AssaultOptions,
): Promise<Result> {
	const node = await HostileNode.start(carrier, attack.early === true);
	const { reads, stalls, floods } = services;
	const device = fork(
		DEVICE,
		[
			options.module,
			JSON.stringify({
				node: node.address,
				carrier,
				ca: node.ca,
				ports: [reads, stalls, floods],
				uuid: UUID,
			}),
		],
		{
			...(options.execPath ? { execPath: options.execPath } : {}),
			execArgv: [
				options.wholeHeap
					? `--max-heap-size=${HEAP_MB}`
					: `--max-old-space-size=${HEAP_MB}`,
				...(options.execArgv ?? []),
			],
			stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
		},
	);
	let stderr = '';
	device.stderr!.on(
		'data',
		(text: Buffer) => (stderr = (stderr + text.toString()).slice(-2000)),
	);
	try {
		const result = await watch(
			attack,
			carrier,
			services,
			node,
			device,
			options,
		);
		return result.outcome === 'died'
			? {
					...result,
					message:
						stderr.split('\n').find((line) => /error|assert/i.test(line)) ??
						stderr.slice(-200),
				}
			: result;
	} finally {
		node.stop();
		device.kill('SIGKILL');
	}
}

async function watch(
	attack: Attack,
	carrier: CarrierName,
	services: Services,
	node: HostileNode,
	device: ChildProcess,
	{ longestMs, idleBytes }: AssaultOptions,
): Promise<Result> {
	const events: Told[] = [];
	const heard = new Set<() => void>();
	device.on('message', (told: Told) => {
		events.push(told);
		for (const hear of heard) {
			hear();
		}
	});
	let died = false;
	device.once('exit', () => {
		died = true;
		for (const hear of heard) {
			hear();
		}
	});
	/** The first event of its kind from an index on; undefined after the time, or when the process ended. */
	const next = async (first: number, wanted: string[], ms: number) => {
		const untilMs = performance.now() + ms;
		for (;;) {
			const found = events
				.slice(first)
				.find(({ event }) => wanted.includes(event));
			const left = untilMs - performance.now();
			if (found ?? (died || left <= 0)) {
				return found;
			}
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				const hear = () => {
					clearTimeout(timer);
					heard.delete(hear);
					resolve();
				};
				heard.add(hear);
			});
		}
	};

	const peer = await Promise.race([
		node.attacked,
		once(device, 'exit').then(() => {
			throw new Error('The device did not start.');
		}),
	]);
	const pid = device.pid!;
	const before = measure(pid);
	let peak = before?.rss ?? 0;
	const sampling = setInterval(() => {
		peak = Math.max(peak, measure(pid)?.rss ?? 0);
	}, SAMPLE_MS);
	const startMs = performance.now();
	const from = events.length;
	void attack.run(peer, services);
	// An attempt's end shows as the wait that follows it.
	const end = await next(
		from,
		attack.early ? ['down', 'retry'] : ['down', 'retry'],
		longestMs,
	);
	const seconds = (performance.now() - startMs) / 1000;
	const after = measure(pid);
	const base = {
		attack: attack.name,
		carrier,
		cpuSeconds: (after?.cpu ?? NaN) - (before?.cpu ?? NaN),
	};
	peer.destroy();
	const backFromMs = performance.now();
	const at = end ? events.indexOf(end) : events.length;
	const back = died ? undefined : await next(at, ['up'], BACK_MS);
	const backSeconds = (performance.now() - backFromMs) / 1000;
	clearInterval(sampling);
	const grownMb = (peak - (idleBytes ?? before?.rss ?? 0)) / 1e6;
	return {
		...base,
		grownMb,
		outcome: died ? 'died' : (end?.code ?? 'held'),
		message: end?.message ?? '',
		seconds: end ? seconds : undefined,
		backSeconds: back ? backSeconds : undefined,
	};
}

/** What {@link AssaultOptions.idleBytes} is on this carrier. */
export async function measureIdle(
	carrier: CarrierName,
	services: Services,
	options: AssaultOptions,
): Promise<number> {
	const idle: Attack = {
		name: 'nothing',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.over();
		},
	};
	const { grownMb } = await assault(idle, carrier, services, {
		...options,
		longestMs: 3000,
		idleBytes: 0,
	});
	return grownMb * 1e6;
}

const PAGE_BYTES = 4096;
const TICKS_PER_SECOND = 100;

/** Resident set in bytes and CPU time in seconds, from the kernel: a blocked process could not tell. */
function measure(pid: number): { rss: number; cpu: number } | undefined {
	try {
		const rss =
			Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) *
			PAGE_BYTES;
		const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
			.replace(/^.*\) /s, '')
			.split(' ');
		return {
			rss,
			cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
		};
	} catch {
		return undefined;
	}
}
