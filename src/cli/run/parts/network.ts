import { isIP } from 'node:net';

import { watchNetwork } from '../../../device/network-watch.js';
import { nothing, type Close, type Daemon } from './part.js';

const LOOPBACK = /^(127\.|localhost:|\[::1\])/;

/** Tells the agent of the network's changes and of steps of the clock. */
export function networkPart({ agent, options, log }: Daemon): Close {
	const { nodes } = options;
	// A node on the device itself is reached without any network.
	if (nodes.length > 0 && nodes.every((node) => LOOPBACK.test(node))) {
		return nothing;
	}
	const watch = watchNetwork({
		agent,
		targets: nodes
			.map((node) => node.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))
			.filter((host) => isIP(host) !== 0),
		onNetwork: ({ up, reason }) => {
			log(up ? 'info' : 'warning', reason, { event: 'network', up });
		},
		onClock: (reason) => {
			log('notice', reason, { event: 'clock' });
		},
	});
	return () => {
		watch.close();
	};
}
