import { endianness } from 'node:os';

import { isUp, type NetworkSnapshot } from '../../device/network-snapshot.js';
import { findings, type Finding } from './finding.js';

/** No device that runs this is set to an earlier time than this package was made. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);

export function checkClock(wallMs: number): Finding {
	const finding = findings('clock');
	const now = new Date(wallMs).toISOString();
	return wallMs < EARLIEST_MS
		? finding.failure(
				`The clock says ${now}, which cannot be.`,
				'Wait for time synchronisation; if it does not come, let 123/UDP (NTP) out.',
			)
		: finding.ok(`The clock says ${now}.`);
}

/** `eth0 via 192.0.2.1` of the `eth0 via 010200C0` of /proc/net/route, whose bytes are in the machine's order. */
export function readableRoute(route: string): string {
	return route
		.replace(/ via 0+$/, '')
		.replace(/\b([0-9a-f]{8}|[0-9a-f]{32})$/i, (hex) => {
			if (hex.length === 8) {
				const bytes = [...Buffer.from(hex, 'hex')];
				return (endianness() === 'LE' ? bytes.reverse() : bytes).join('.');
			}
			const groups = hex.match(/.{4}/g)!.join(':');
			return new URL(`http://[${groups}]`).hostname.slice(1, -1);
		});
}

export function checkNetwork(snapshot: NetworkSnapshot): Finding[] {
	const route = findings('route');
	const resolver = findings('resolver');
	const servers = [
		...snapshot.resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm),
	].map((match) => match[1]!);
	const routes = snapshot.routes ?? snapshot.addresses;
	return [
		routes.length > 0
			? route.ok(`There is a way out: ${routes.map(readableRoute).join(', ')}.`)
			: isUp(snapshot)
				? route.warning(
						`There is no default route, but an address: ${snapshot.addresses.join(', ')}.`,
						'Only what a route of its own leads to can be reached; what follows shows whether the node is.',
					)
				: route.failure(
						'There is no way out of the device.',
						'Connect the device to a network; nothing leaves it without one.',
					),
		servers.length > 0
			? resolver.ok(`Names are asked from ${servers.join(', ')}.`)
			: resolver.warning(
					'/etc/resolv.conf names no name server.',
					'Let DHCP set one, or name one there; without it only addresses can be dialled.',
				),
	];
}

/** A proxy without its credentials, read as the dial reads it; nothing of what cannot be read. */
function shownProxy(text: string): string {
	const url = text.includes('://') ? text : `http://${text}`;
	if (!URL.canParse(url)) {
		return '(which is not a URL)';
	}
	const { protocol, host, username, password } = new URL(url);
	return `${protocol}//${username || password ? '***@' : ''}${host}`;
}

/** Which proxy the environment names, its credentials taken out. */
export function checkProxy(
	env: Readonly<Record<string, string | undefined>>,
	{ proxy: given, insecure }: { proxy?: string; insecure: boolean },
): Finding {
	const finding = findings('proxy');
	const named = [
		...(insecure
			? ['http_proxy', 'HTTP_PROXY']
			: ['https_proxy', 'HTTPS_PROXY']),
		'all_proxy',
		'ALL_PROXY',
	].find((name) => env[name]);
	const proxy = given === 'none' ? undefined : (given ?? (named && env[named]));
	if (!proxy) {
		return finding.ok('No proxy is set.');
	}
	const exceptions =
		given === undefined ? (env.NO_PROXY ?? env.no_proxy) : undefined;
	const shown = shownProxy(proxy);
	return finding.note(
		`The proxy ${shown} is used for TCP${exceptions ? `, but not for ${exceptions}` : ''}.`,
		'It must let CONNECT to the node through; UDP does not go through it, nor an openvpn that is attached to.',
	);
}
