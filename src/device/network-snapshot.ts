import type { NetworkInterfaceInfo } from 'node:os';

/** What the host's network looks like at one moment. */
export interface NetworkSnapshot {
	/** `interface via gateway` of each default route that leaves the device, sorted. Undefined where the platform does not tell. */
	readonly routes: readonly string[] | undefined;
	/** `interface address` of each IPv4 address that is not the device's own business, sorted. */
	readonly addresses: readonly string[];
	/** The name servers, as text. */
	readonly resolvConf: string;
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

/** The default routes in the format of `/proc/net/route` (IPv4). */
export function parseRoutes(text: string): string[] {
	return text
		.split('\n')
		.slice(1)
		.map((line) => line.split('\t').map((field) => field.trim()))
		.filter(
			([name, destination, , flags, , , , mask]) =>
				name !== undefined &&
				!INTERNAL.test(name) &&
				destination === '00000000' &&
				mask === '00000000' &&
				usable(flags),
		)
		.map(([name, , gateway]) => `${name} via ${gateway}`);
}

/** The default routes in the format of `/proc/net/ipv6_route`. */
export function parseRoutes6(text: string): string[] {
	return text
		.split('\n')
		.map((line) => line.trim().split(/\s+/))
		.filter(([destination, length, , , , , , , flags, name]) => {
			return (
				name !== undefined &&
				!INTERNAL.test(name) &&
				/^0{32}$/.test(destination!) &&
				length === '00' &&
				usable(flags)
			);
		})
		.map((fields) => `${fields[9]} via ${fields[4]}`);
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

/** Whether there is a way out at all. */
export function isUp(snapshot: NetworkSnapshot): boolean {
	return (snapshot.routes ?? snapshot.addresses).length > 0;
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

/** Names a network by its ways out, the device's addresses in it and its name servers. */
export function networkId(snapshot: NetworkSnapshot): string {
	return [
		list(snapshot.routes),
		list(snapshot.addresses),
		snapshot.resolvConf,
	].join(' | ');
}

/** Compares two snapshots. */
export function diffNetwork(
	before: NetworkSnapshot,
	after: NetworkSnapshot,
): NetworkReport | undefined {
	const up = isUp(after);
	const id = networkId(after);
	if (id === networkId(before)) {
		return undefined;
	}
	const tell = (reason: string) => ({ up, id, reason });
	if (up !== isUp(before)) {
		return tell(
			up
				? `The network is back: ${list(after.routes ?? after.addresses)}.`
				: 'The network is gone: there is no default route.',
		);
	}
	if (list(before.routes) !== list(after.routes)) {
		return tell(`The default route changed: ${list(after.routes)}.`);
	}
	if (list(before.addresses) !== list(after.addresses)) {
		return tell(`The device's address changed: ${list(after.addresses)}.`);
	}
	return tell('The name servers changed.');
}
