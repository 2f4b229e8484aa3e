import { nodeRate, type Scenario } from '../scenarios/index.js';
import type { Heading } from './page.js';
import { duration, grouped } from './words.js';

/** Fleet, nodes, rates and seed, as a page tells them. */
export function factsOf(scenario: Scenario, seed: number): Heading['facts'] {
	const { devices, nodes, authentication } = scenario;
	const rate = nodeRate(scenario);
	return [
		['devices', grouped(devices)],
		['nodes', grouped(nodes.count)],
		[
			'a node accepts',
			rate === Infinity ? 'without limit' : `${grouped(rate)} a second`,
		],
		[
			'beyond that',
			authentication
				? `a queue of ${authentication.queueSeconds} s before ${authentication.workersPerNode} authentications at once`
				: nodes.queue
					? `a queue of ${nodes.queue.backlogSeconds} s`
					: `refused at ${nodes.rejectCost} of the price, with a debt of up to ${nodes.rejectDebtSeconds} s`,
		],
		...(rate === Infinity
			? []
			: [['T = N/R', duration(devices / nodes.count / rate)] as const]),
		['seed', String(seed)],
	];
}
