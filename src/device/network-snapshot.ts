import type { NetworkInterfaceInfo } from 'node:os';

/** What the host's network looks like at one moment. */
export interface NetworkSnapshot {
	/**
	 * `interface via gateway` of the default routes that the system takes, the one with the lowest metric of each family.
	 * Undefined where the platform does not tell.
	 */
	readonly routes: readonly string[] | undefined;
	/** `interface address` of each IPv4 address that is not the device's own business, sorted. */
	readonly addresses: readonly string[];
	/** The other ways that lead off the device, as text that is only compared. */
	readonly otherRoutes?: string;
	/** The name servers, as text. */
	readonly resolvConf: string;
}

/** A route that leads off the device. */
export interface Route {
	readonly name: string;
	/** Where to, as the kernel writes it; empty for a default route. */
	readonly destination: string;
	readonly gateway: string;
	readonly metric: number;
}

/**
 * Interfaces that say nothing about the way out: loopback, containers' bridges, and tunnels, our own among them
 * (a link that comes up must not look like a new network).
 */
const INTERNAL =
	/^(lo\d*|docker|balena|supervisor|br-|veth|virbr|tun|tap|utun|wg|resin-|gif|stf)/;

/** The flags of a route, in hexadecimal, say that it is up (RTF_UP, 0x1) and leads somewhere (not RTF_REJECT, 0x200). */
function usable(flags: string | undefined): boolean {
	const bits = parseInt(flags ?? '0', 16);
	return bits % 2 === 1 && Math.floor(bits / 0x200) % 2 === 0;
}

/** The routes in the format of `/proc/net/route` (IPv4; the metric is decimal). */
export function parseRoutes(text: string): Route[] {
	return text
		.split('\n')
		.slice(1)
		.map((line) => line.split('\t').map((field) => field.trim()))
		.filter(
			([name, , , flags]) =>
				name !== undefined && !INTERNAL.test(name) && usable(flags),
		)
		.map(([name, destination, gateway, , , , metric, mask]) => ({
			name: name!,
			destination: /^0*$/.test(mask ?? '') ? '' : `${destination}/${mask}`,
			gateway: gateway!,
			metric: Number(metric),
		}));
}

/** The routes in the format of `/proc/net/ipv6_route` (the metric is hexadecimal), without those of the interfaces themselves. */
export function parseRoutes6(text: string): Route[] {
	return text
		.split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(
			([destination, , , , , , , , flags, name]) =>
				name !== undefined &&
				!INTERNAL.test(name) &&
				!/^f[ef]/.test(destination!) &&
				usable(flags),
		)
		.map(([destination, length, , , gateway, metric, , , , name]) => ({
			name: name!,
			destination: length === '00' ? '' : `${destination}/${length}`,
			gateway: gateway!,
			metric: parseInt(metric!, 16),
		}));
}

/** The default route that the system takes: the one with the lowest metric, among those whose interface runs. */
export function usedRoutes(
	routes: readonly Route[],
	running: ReadonlySet<string>,
): string[] {
	const defaults = routes.filter(
		({ name, destination }) => destination === '' && running.has(name),
	);
	const least = Math.min(...defaults.map(({ metric }) => metric));
	return defaults
		.filter(({ metric }) => metric === least)
		.map(({ name, gateway }) => `${name} via ${gateway}`)
		.sort();
}

/** The routes as text, in one order. */
export function routesText(routes: readonly Route[]): string {
	return routes
		.map(
			({ name, destination, gateway, metric }) =>
				`${name} ${destination} ${gateway} ${metric}`,
		)
		.sort()
		.join('\n');
}

/**
 * The IPv4 addresses that belong to a way out. IPv6 addresses are left out: temporary ones (RFC 8981) change
 * by themselves, and a new network shows in its default route.
 */
export function outwardAddresses(
	interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>,
): string[] {
	return Object.entries(interfaces)
		.filter(([name]) => !INTERNAL.test(name))
		.flatMap(([name, infos]) =>
			(infos ?? [])
				.filter((info) => info.family === 'IPv4' && !info.internal)
				.map((info) => `${name} ${info.address}`),
		)
		.sort();
}

/**
 * Whether there may be a way out: a default route, or an address in somebody's network, from where a static route, another
 * table or a proxy may lead on. What the snapshot does not show, the kernel is asked.
 */
export function isUp({ routes = [], addresses }: NetworkSnapshot): boolean {
	// 169.254: an address that a device gives itself when nobody gives it one (RFC 3927).
	return (
		routes.length > 0 ||
		addresses.some((address) => !address.includes(' 169.254.'))
	);
}

/** What happened between two snapshots; undefined when nothing that matters did. */
export interface NetworkReport {
	readonly up: boolean;
	/** Names the network: the same text for the same network. */
	readonly id: string;
	/** One sentence for the log. */
	readonly reason: string;
}

const list = (items: readonly string[] | undefined) => (items ?? []).join(', ');

/** Names a network by the way out that is used, the device's addresses on it and its name servers. */
export function networkId(snapshot: NetworkSnapshot): string {
	const { routes = [], addresses, resolvConf } = snapshot;
	const used = new Set(routes.map((route) => route.split(' ')[0]));
	const own = addresses.filter(
		(address) => used.size === 0 || used.has(address.split(' ')[0]),
	);
	return [list(routes), list(own), resolvConf].join(' | ');
}

/** Compares two snapshots; `wasUp` and `up`: what the kernel said where they do not tell. */
export function diffNetwork(
	before: NetworkSnapshot,
	after: NetworkSnapshot,
	wasUp = isUp(before),
	up = isUp(after),
): NetworkReport | undefined {
	const tell = (reason: string) => ({ up, id: networkId(after), reason });
	if (up !== wasUp) {
		return tell(
			up
				? `The network is back${ways(after)}.`
				: 'The network is gone: there is no way out of the device.',
		);
	}
	if (list(before.routes) !== list(after.routes)) {
		return tell(
			`The default route changed: ${after.routes?.length ? list(after.routes) : 'none'}.`,
		);
	}
	if (list(before.addresses) !== list(after.addresses)) {
		return tell(`The device's address changed: ${list(after.addresses)}.`);
	}
	if (before.resolvConf !== after.resolvConf) {
		return tell('The name servers changed.');
	}
	return before.otherRoutes !== after.otherRoutes
		? tell('The routes changed.')
		: undefined;
}

function ways({ routes, addresses }: NetworkSnapshot): string {
	const told = list(routes?.length ? routes : addresses);
	return told === '' ? '' : `: ${told}`;
}
