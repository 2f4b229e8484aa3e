import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';

import { SlidingPeak } from '../../../src/simulator/engine/sliding-peak.js';
import type { NodeCapacity } from '../../../src/simulator/index.js';
import type { ClientName } from './clients.js';
import { Front } from './front.js';
import { startServer } from './servers.js';

export interface HerdOptions extends NodeCapacity {
	readonly client: ClientName;
	readonly devices: number;
	/** A fleet that is not back by then is given up. */
	readonly boundSeconds: number;
}

export interface Figures {
	readonly t50: number | null;
	readonly t99: number | null;
	readonly t100: number | null;
	readonly attemptsPerDevice: number;
	readonly peakOverRate: number;
}

export interface Measured extends Figures {
	/** How late this process's own events were at worst: the machine's part in the figures. */
	readonly worstLagMs: number;
}

const CONNECT_MS = 120_000;
/** Between the last link and the crash: links must have proved stable. */
const SETTLE_MS = 5000;

function sleep(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

async function allConnected(front: Front, devices: number): Promise<void> {
	const deadlineMs = performance.now() + CONNECT_MS;
	while (front.live < devices) {
		if (performance.now() > deadlineMs) {
			throw new Error(`only ${front.live} of ${devices} connected at first`);
		}
		await sleep(100);
	}
	await sleep(SETTLE_MS);
}

/** Waits until all are back or the bound has passed; notes when each share was reached. */
async function recovery(
	front: Front,
	devices: number,
	fromMs: number,
	boundSeconds: number,
): Promise<(share: number) => number | null> {
	const reachedMs = new Map<number, number>();
	front.onChange = (live, nowMs) => {
		if (!reachedMs.has(live)) {
			reachedMs.set(live, nowMs);
		}
	};
	while (
		front.live < devices &&
		performance.now() < fromMs + boundSeconds * 1000
	) {
		await sleep(20);
	}
	return (share) => {
		const atMs = reachedMs.get(Math.ceil(share * devices));
		return atMs === undefined ? null : (atMs - fromMs) / 1000;
	};
}

function startClients(
	client: ClientName,
	port: number,
	devices: number,
): ChildProcess {
	return fork(
		new URL('clients.ts', import.meta.url),
		[client, String(port), String(devices)],
		{
			execArgv: ['--import', 'tsx', '--max-old-space-size=4096'],
			stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
		},
	);
}

/** Connects a fleet of real clients, crashes the node, and measures how they come back. */
export async function runHerd(options: HerdOptions): Promise<Measured> {
	const { client, devices, acceptRate, boundSeconds } = options;
	const bound = devices / acceptRate;
	const upstream = await startServer(client);
	const front = new Front(upstream.port);
	const port = await front.listen();
	const child = startClients(client, port, devices);
	const failed = once(child, 'exit').then(([code]) => {
		throw new Error(`the clients' process ended with ${String(code)}`);
	});
	failed.catch(() => undefined);
	try {
		await Promise.race([allConnected(front, devices), failed]);
		const lag = monitorEventLoopDelay();
		lag.enable();
		const fromMs = performance.now();
		front.crash(options);
		const when = await Promise.race([
			recovery(front, devices, fromMs, boundSeconds),
			failed,
		]);
		const windowMs = Math.max(1, 500 / acceptRate) * 1000;
		const peak = new SlidingPeak(windowMs);
		for (const atMs of front.attempts) {
			peak.add(atMs);
		}
		const multiple = (share: number) => {
			const seconds = when(share);
			return seconds === null ? null : seconds / bound;
		};
		return {
			t50: multiple(0.5),
			t99: multiple(0.99),
			t100: multiple(1),
			attemptsPerDevice: front.attempts.length / devices,
			peakOverRate: peak.peak / ((acceptRate * windowMs) / 1000),
			worstLagMs: lag.max / 1e6,
		};
	} finally {
		child.kill('SIGKILL');
		await front.close();
		await upstream.close();
	}
}
