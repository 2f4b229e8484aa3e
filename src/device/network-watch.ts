import { readFileSync } from 'node:fs';
import { networkInterfaces, uptime } from 'node:os';

import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import { compareClocks, type ClockSample } from './clock-sample.js';
import { watchFile } from './file-watch.js';
import {
	diffNetwork,
	isUp,
	networkId,
	outwardAddresses,
	parseRoutes,
	parseRoutes6,
	type NetworkReport,
	type NetworkSnapshot,
} from './network-snapshot.js';

const RESOLV_CONF = '/etc/resolv.conf';

/** What the watch reads; a test gives its own. */
export interface NetworkSources {
	snapshot(): NetworkSnapshot;
	/** Milliseconds since boot, sleep included. */
	bootMs(): number;
}

export interface NetworkWatchOptions {
	/** The network went, came back, or is another one; also told once at the start. */
	readonly onNetwork: (change: NetworkReport) => void;
	/** The wall clock was set, or the machine slept. */
	readonly onClock: (reason: string) => void;
	/** How often to look while the network is there. @default 30000 */
	readonly upIntervalMs?: number;
	/** How often to look while it is not. @default 5000 */
	readonly downIntervalMs?: number;
	readonly clock?: Clock;
	readonly sources?: NetworkSources;
}

function readText(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}

/** Linux tells its routes in /proc; elsewhere the addresses have to do. */
export const systemNetwork: NetworkSources = {
	snapshot: () => {
		const route = readText('/proc/net/route');
		const route6 = readText('/proc/net/ipv6_route');
		return {
			routes:
				route === undefined
					? undefined
					: [...parseRoutes(route), ...parseRoutes6(route6 ?? '')].sort(),
			addresses: outwardAddresses(networkInterfaces()),
			resolvConf: readText(RESOLV_CONF) ?? '',
		};
	},
	bootMs: () => uptime() * 1000,
};

const seconds = (ms: number) => `${Math.round(Math.abs(ms) / 1000)} s`;

/**
 * Watches what the device's network does, by a slow look (four small reads, no child process, no traffic)
 * and at once when the name servers change. One timer; `close` leaves nothing behind.
 */
export function watchNetwork(options: NetworkWatchOptions): {
	close(): void;
} {
	const { onNetwork, onClock } = options;
	const clock = options.clock ?? systemClock;
	const sources = options.sources ?? systemNetwork;
	let timer: Timer | undefined;

	const readClocks = (): ClockSample => ({
		monotonicMs: clock.monotonicMs(),
		bootMs: sources.bootMs(),
		wallMs: clock.wallMs(),
	});
	let network = sources.snapshot();
	let clocks = readClocks();

	const lookAtClocks = () => {
		const before = clocks;
		clocks = readClocks();
		const { sleptMs, steppedMs } = compareClocks(before, clocks);
		if (sleptMs > 0) {
			onClock(`The device slept for ${seconds(sleptMs)}.`);
		} else if (steppedMs !== 0) {
			const way = steppedMs > 0 ? 'forward' : 'back';
			onClock(`The clock was set ${way} by ${seconds(steppedMs)}.`);
		}
	};
	const lookAtNetwork = () => {
		const before = network;
		network = sources.snapshot();
		const change = diffNetwork(before, network);
		if (change) {
			onNetwork(change);
		}
	};
	const arm = () => {
		const delayMs = isUp(network)
			? (options.upIntervalMs ?? 30_000)
			: (options.downIntervalMs ?? 5000);
		timer = clock.setTimer(delayMs, look);
	};
	const look = () => {
		timer?.cancel();
		lookAtClocks();
		lookAtNetwork();
		arm();
	};

	const resolvConf = watchFile({
		file: RESOLV_CONF,
		clock,
		quietMs: 500,
		onChange: look,
		onProblem: () => {
			// The slow look sees a change as well, only later.
		},
	});
	onNetwork({
		up: isUp(network),
		id: networkId(network),
		reason: isUp(network)
			? 'The network is up.'
			: 'The network is down: there is no default route.',
	});
	arm();
	return {
		close: () => {
			timer?.cancel();
			resolvConf.close();
		},
	};
}
