/**
 * How the cost of the simulator grows from 10^4 to 10^6 devices. Ratios are of processor time, which other work on
 * the machine disturbs less than it does the clock.
 *
 *     npm run bench:simulator
 */
import { execFileSync } from 'node:child_process';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HintMode,
} from '../../src/simulator/index.js';

interface Timing {
	readonly devices: number;
	readonly seconds: number;
	readonly processorSeconds: number;
}

function run(devices: number, hints: HintMode): Timing {
	const startedMs = performance.now();
	const before = process.cpuUsage();
	const { result } = simulateHerd({
		...HERD_DEFAULTS,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
		devices,
		acceptRate: devices / 200,
		hints,
	});
	if (!result.recovered) {
		throw new Error('the fleet did not come back');
	}
	const { user, system } = process.cpuUsage(before);
	return {
		devices,
		seconds: (performance.now() - startedMs) / 1000,
		processorSeconds: (user + system) / 1e6,
	};
}

/** How much ten times the devices may cost if the cost is N log N. */
function nLogN(more: number, less: number): number {
	return (more * Math.log2(more)) / (less * Math.log2(less));
}

function series(hints: HintMode): void {
	run(10_000, hints); // warms up
	let first: Timing | undefined;
	let last: Timing | undefined;
	for (const devices of [10_000, 100_000, 1_000_000]) {
		const timing = run(devices, hints);
		const { seconds, processorSeconds } = timing;
		const beside = (name: string, other: Timing) =>
			`, ${(processorSeconds / other.processorSeconds).toFixed(1)} times the ${name} (N log N: ${nLogN(devices, other.devices).toFixed(1)})`;
		const ratio =
			(last ? beside('last', last) : '') +
			(first && first !== last ? beside('first', first) : '');
		first ??= timing;
		const memory = (process.resourceUsage().maxRSS / 1024 / 1024).toFixed(2);
		console.log(
			`hints ${hints}: ${devices.toLocaleString('en-US')} devices in ${seconds.toFixed(2)} s, ${processorSeconds.toFixed(2)} s of processor time${ratio}; up to ${memory} GB`,
		);
		last = timing;
	}
}

const [, script, chosen] = process.argv;
if (chosen === 'window' || chosen === 'slots') {
	series(chosen);
} else {
	for (const each of ['window', 'slots']) {
		// A process each, so that the memory of one is not counted as the other's.
		const args = [...process.execArgv, script!, each];
		execFileSync(process.execPath, args, { stdio: 'inherit' });
	}
}
