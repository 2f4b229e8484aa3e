import { readFileSync } from 'node:fs';
import { networkInterfaces, uptime } from 'node:os';

import { localAddressTo } from '../local-address.js';
import { aFunction, checkOptions, clock, positiveMs } from '../options.js';
import * as v from '../schema.js';
import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import { compareClocks, type ClockSample } from './clock-sample.js';
import {
	diffNetwork,
	isUp,
	networkId,
	outwardAddresses,
	parseRoutes,
	parseRoutes6,
	routesText,
	usedRoutes,
	type NetworkReport,
	type NetworkSnapshot,
} from './network-snapshot.js';

/** What the watch reads; a test gives its own. */
export interface NetworkSources {
	/** The host's network as it is now. */
	snapshot(): NetworkSnapshot;
	/** Whether the system has a way to any of these addresses, whatever the snapshot says. */
	hasWayTo(addresses: readonly string[]): Promise<boolean>;
	/** Milliseconds since boot, sleep included. */
	bootMs(): number;
}

/** The part of an agent that is told what happens to its host. */
export interface HostListener {
	/** The network went, came back, or is another one. */
	networkChanged(change: { readonly up: boolean; readonly id: string }): void;
	/** The wall clock was set, or the machine slept. */
	clockStepped(): void;
}

/** What {@link watchNetwork} looks at, and whom it tells. */
export interface NetworkWatchOptions {
	/** Told everything that it should know: all that an embedder has to give. */
	readonly agent?: HostListener;
	/** The network went, came back, or is another one; also told once at the start. */
	readonly onNetwork?: (change: NetworkReport) => void;
	/** The wall clock was set, or the machine slept. */
	readonly onClock?: (reason: string) => void;
	/**
	 * Addresses of nodes or of a proxy: the network is not called down while the system has a way to one of them, be it
	 * through a tunnel of somebody else's. @default none
	 */
	readonly targets?: readonly string[];
	/** How often to look. A look costs about a quarter of a millisecond. @default 1500 */
	readonly intervalMs?: number;
	readonly clock?: Clock;
	readonly sources?: NetworkSources;
}

/** A watch on the host's network and clock, until it is closed. */
export interface NetworkWatch {
	/** Ends the watch; nothing is left behind. */
	close(): void;
	/** Closes it at the end of a `using` block. */
	[Symbol.dispose](): void;
}

const schema = v.strictObject(
	{
		agent: v.optional(
			v.custom<HostListener>(
				(value) =>
					typeof (value as HostListener | undefined)?.networkChanged ===
					'function',
				'must be a CloudlinkAgent',
			),
		),
		onNetwork: v.optional(aFunction),
		onClock: v.optional(aFunction),
		targets: v.optional(
			v.array(v.string('must be an address'), 'must be a list of addresses'),
		),
		intervalMs: v.optional(positiveMs),
		clock: v.optional(clock),
		sources: v.optional(v.unknown()),
	},
	'must be an object like { agent }',
);

/** Nobody's (RFC 5737, RFC 3849): the system has a way there if it has one to everywhere. */
const ANYWHERE = ['192.0.2.1', '2001:db8::1'];

function readText(file: string): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch {
		return undefined;
	}
}

/** Linux tells its routes in /proc; elsewhere the addresses have to do. An interface without a cable is not listed. */
export const systemNetwork: NetworkSources = {
	snapshot: () => {
		const interfaces = networkInterfaces();
		const running = new Set(Object.keys(interfaces));
		const route = readText('/proc/net/route');
		const v4 = parseRoutes(route ?? '');
		const v6 = parseRoutes6(readText('/proc/net/ipv6_route') ?? '');
		return {
			routes:
				route === undefined
					? undefined
					: [...usedRoutes(v4, running), ...usedRoutes(v6, running)],
			addresses: outwardAddresses(interfaces),
			otherRoutes: routesText([...v4, ...v6]),
			resolvConf: readText('/etc/resolv.conf') ?? '',
		};
	},
	hasWayTo: async (addresses) => {
		const own = await Promise.all(addresses.map(localAddressTo));
		const running = Object.values(networkInterfaces()).flat();
		return running.some((info) => info && own.includes(info.address));
	},
	bootMs: () => uptime() * 1000,
};

const seconds = (ms: number) => `${Math.round(Math.abs(ms) / 1000)} s`;

/**
 * Watches what the device's network and clock do, by a look every second or two (four small reads; no child process, no
 * traffic). One line for whoever embeds the agent. One timer; `close` leaves nothing behind.
 *
 * @example
 * const watch = watchNetwork({ agent });
 */
export function watchNetwork(options: NetworkWatchOptions): NetworkWatch {
	checkOptions(schema, options, 'watchNetwork()');
	const watch = new Watch(options);
	const close = () => {
		watch.close();
	};
	return { close, [Symbol.dispose]: close };
}

class Watch {
	readonly #options: NetworkWatchOptions;
	readonly #clock: Clock;
	readonly #sources: NetworkSources;
	#timer: Timer | undefined;
	#closed = false;
	#clocks: ClockSample;
	#network: NetworkSnapshot;
	/** Unknown until the kernel has answered. */
	#up: boolean | undefined;

	constructor(options: NetworkWatchOptions) {
		this.#options = options;
		this.#clock = options.clock ?? systemClock;
		this.#sources = options.sources ?? systemNetwork;
		this.#clocks = this.#readClocks();
		this.#network = this.#sources.snapshot();
		this.#judge(this.#network);
	}

	close(): void {
		this.#closed = true;
		this.#timer?.cancel();
	}

	#look(): void {
		this.#lookAtClocks();
		this.#judge(this.#sources.snapshot());
	}

	#readClocks(): ClockSample {
		return {
			monotonicMs: this.#clock.monotonicMs(),
			bootMs: this.#sources.bootMs(),
			wallMs: this.#clock.wallMs(),
		};
	}

	#lookAtClocks(): void {
		const before = this.#clocks;
		this.#clocks = this.#readClocks();
		const { sleptMs, steppedMs } = compareClocks(before, this.#clocks);
		const way = steppedMs > 0 ? 'forward' : 'back';
		if (sleptMs > 0) {
			this.#tellClock(`The device slept for ${seconds(sleptMs)}.`);
		} else if (steppedMs !== 0) {
			this.#tellClock(`The clock was set ${way} by ${seconds(steppedMs)}.`);
		}
	}

	/** What a snapshot calls down may be up all the same, so the kernel has the last word. */
	#judge(after: NetworkSnapshot): void {
		if (isUp(after)) {
			this.#conclude(after, true);
			return;
		}
		const targets = [...(this.#options.targets ?? []), ...ANYWHERE];
		this.#sources.hasWayTo(targets).then(
			(up) => {
				this.#conclude(after, up);
			},
			() => {
				this.#conclude(after, false);
			},
		);
	}

	#conclude(after: NetworkSnapshot, up: boolean): void {
		if (this.#closed) {
			return;
		}
		this.#timer = this.#clock.setTimer(this.#options.intervalMs ?? 1500, () => {
			this.#look();
		});
		const [before, wasUp] = [this.#network, this.#up];
		this.#network = after;
		this.#up = up;
		const change =
			wasUp === undefined
				? {
						up,
						id: networkId(after),
						reason: up
							? 'The network is up.'
							: 'The network is down: there is no way out of the device.',
					}
				: diffNetwork(before, after, wasUp, up);
		if (change) {
			this.#options.onNetwork?.(change);
			this.#options.agent?.networkChanged({ up, id: change.id });
		}
	}

	#tellClock(reason: string): void {
		this.#options.onClock?.(reason);
		this.#options.agent?.clockStepped();
	}
}
