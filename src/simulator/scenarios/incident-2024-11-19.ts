import type { ScenarioInput } from './schema.js';

/** The incident that this package was made for, as far as it is on record; what is not is named. */
export const incident20241119: ScenarioInput = {
	name: '2024-11-19',
	title:
		'API deploys shuffle a load balancer, and thousands of devices dial again at once',
	known: [
		'2024-11-19, 10:00 UTC to the next day, 14:01: about 28 hours (status.balena.io/incidents/jymkl0n0dfcb).',
		'Several API deployments, spread over the course of a day; the load balancers proxied TCP Cloudlink connections through nodes that came and went with them, so the links were cut although the Cloudlink instances were largely unmoved (the same).',
		'"Thundering herd": thousands of devices connect to a new node at the same time and get rate limited (the same).',
		'Devices ran OpenVPN 2.5.6 with --connect-retry 5 120, without jitter (meta-balena, openvpn.service).',
	],
	assumed: [
		'8,000 devices on 4 nodes: "thousands" is all that is on record.',
		'Five deploys, at hours 0, 4, 9, 14 and 21; each replaces two of the four nodes and so cuts 4,000 links.',
		'A fresh node accepts 10 devices a second; a rejected attempt costs it a tenth of an accepted one, and at most 10 s of work pile up.',
		'The balancer sends each attempt to the node with the fewest links.',
		'The links of a node are cut at one instant, and the timers and round trips of stock devices do not differ. Up to half a minute of spread changes little, a whole minute would end the stock herd within an hour (cutOverSeconds).',
	],
	devices: 8000,
	nodes: { count: 4, acceptRatePerSecond: 10 },
	deploys: [
		{ atHours: 0, nodesReplaced: 2 },
		{ atHours: 4, nodesReplaced: 2 },
		{ atHours: 9, nodesReplaced: 2 },
		{ atHours: 14, nodesReplaced: 2 },
		{ atHours: 21, nodesReplaced: 2 },
	],
	compare: [
		{ policy: 'balena-tcp-reset' },
		{ policy: 'agent' },
		{ policy: 'agent', hints: 'slots' },
		{ policy: 'agent', hints: 'window' },
	],
};
