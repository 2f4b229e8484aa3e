import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentOptions } from '../../../src/index.js';
import { Bench } from '../../networks/bench.js';
import type { Carrier } from '../../networks/device.js';

/** Several PINGs of either transport; what a link does at its beginning is over after the first wait. */
const SETTLE_MS = 20_000;
const MEASURE_MS = 180_000;

/** A day at most, in MB. */
const GOALS_MB = {
	default: { websocket: 0.95, udp: 0.6 },
	cellular: { websocket: 0.2, udp: 0.3 },
} as const;

export type FootprintRow = [
	what: string,
	value: string,
	goal: string,
	met: boolean,
];

/** What an idle link carries in a day, both ways, with the headers of IP; all of them at once, since nobody does anything. */
export async function idleTraffic(): Promise<FootprintRow[]> {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) {
		return [['an idle day', 'left out: needs root, for namespaces', '', true]];
	}
	const cells = Object.entries(GOALS_MB).flatMap(([preset, goals]) =>
		Object.entries(goals).map(
			([carrier, goalMb]) =>
				[preset as keyof typeof GOALS_MB, carrier as Carrier, goalMb] as const,
		),
	);
	return await Promise.all(
		cells.map(async ([preset, carrier, goalMb]): Promise<FootprintRow> => {
			const mb = await measureMb(carrier, { pacing: { preset } });
			return [
				`an idle day, ${carrier}, ${preset}`,
				`${mb.toFixed(2)} MB`,
				`at most ${goalMb}`,
				mb <= goalMb,
			];
		}),
	);
}

async function measureMb(
	carrier: Carrier,
	options: Partial<AgentOptions>,
): Promise<number> {
	const bench = await Bench.start(carrier);
	try {
		await bench.startLink(options);
		await sleep(SETTLE_MS);
		const carried = bench.lab.countBytes();
		await sleep(MEASURE_MS);
		return (carried() * 86_400_000) / MEASURE_MS / 1e6;
	} finally {
		await bench.stop();
	}
}
