import type { ScenarioInput } from './schema.js';

/** A node whose authentication is slow, and which works for those who have left. */
export const incident20250910: ScenarioInput = {
	name: '2025-09-10',
	title:
		'The API is slow, so authentication is; clients give up, and the work for them is done in vain',
	known: [
		'2025-09-10, 13:47 to 22:08 UTC: while the API recovered from an error an automatic update of the Cloudlink pods took place; with the API slow, "device reconnections and SSH authentication were slower than usual" (status.balena.io/incidents/h6p220b6mh0c).',
		'Later a fault of the update itself was found, which cost performance under high concurrency (the same). It is not modelled.',
		'The VPN server authenticates each device against the API (open-balena-vpn, src/api.ts); a device whose authentication fails restarts after 10 s (meta-balena, openvpn.service).',
	],
	assumed: [
		'8,000 devices on 4 nodes; 80 authentications at once on each; one takes 0.5 s, and 8 s during the first two hours.',
		'A device gives up after 10 s and the node does not notice; who would wait longer than 60 s is reset.',
		'At hour 0, amid the slowness, the update replaces two of the four nodes.',
		'What a window tells is the node at its usual speed: here it is too short by a factor of 16.',
	],
	devices: 8000,
	nodes: { count: 4, acceptRatePerSecond: 160 },
	authentication: {
		workersPerNode: 80,
		seconds: 0.5,
		queueSeconds: 60,
		giveUpSeconds: 10,
		slow: [{ fromHours: 0, toHours: 2, seconds: 8 }],
	},
	deploys: [{ atHours: 0, nodesReplaced: 2 }],
	compare: [
		{ policy: 'balena-tcp-reset' },
		{ policy: 'balena-exit' },
		{ policy: 'full-jitter' },
		{ policy: 'agent' },
		{ policy: 'agent', hints: 'window' },
	],
	horizonHours: 8,
};
