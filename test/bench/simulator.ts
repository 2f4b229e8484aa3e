/**
 * How the cost of the simulator grows: a herd with a told window, 10^4, 10^5 and 10^6 devices.
 *
 *     npm run bench:simulator
 */
import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
	type HintMode,
} from '../../src/simulator/index.js';

interface Timing {
	readonly devices: number;
	readonly seconds: number;
}

function run(devices: number, hints: HintMode): Timing {
	const startedMs = performance.now();
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
	return { devices, seconds: (performance.now() - startedMs) / 1000 };
}

/** How much ten times the devices may cost if the cost is N log N. */
function nLogN(more: number, less: number): number {
	return (more * Math.log2(more)) / (less * Math.log2(less));
}

for (const hints of ['window', 'slots', 'none'] as const) {
	run(10_000, hints); // warms up
	let last: Timing | undefined;
	for (const devices of [10_000, 100_000, 1_000_000]) {
		const timing = run(devices, hints);
		const ratio = last
			? `, ${(timing.seconds / last.seconds).toFixed(1)} times the last (N log N: ${nLogN(devices, last.devices).toFixed(1)})`
			: '';
		const memory = (process.resourceUsage().maxRSS / 1024 / 1024).toFixed(2);
		console.log(
			`hints ${hints}: ${devices.toLocaleString('en-US')} devices in ${timing.seconds.toFixed(2)} s${ratio}; up to ${memory} GB so far`,
		);
		last = timing;
	}
}
