import { isIPv6 } from 'node:net';

const MAPPED = '::ffff:';

/** The 16-bit groups of an IPv6 address, which Node writes in its short form. */
function groupsOf(address: string): string[] {
	const [front = '', back] = address.split('%')[0]!.split('::');
	const head = front === '' ? [] : front.split(':');
	const tail = back === undefined || back === '' ? [] : back.split(':');
	const zeros = Array.from(
		{ length: 8 - head.length - tail.length },
		() => '0',
	);
	return [...head, ...zeros, ...tail];
}

/**
 * Whom an address belongs to, for what is limited by address: an IPv4 address is its own; of an IPv6 address the
 * first 56 bits, the least that a site gets (RFC 6177), since it can change the others for every packet.
 */
export function siteOf(address: string): string {
	if (!isIPv6(address)) {
		return address;
	}
	if (address.startsWith(MAPPED) && address.includes('.')) {
		return address.slice(MAPPED.length);
	}
	const [a, b, c, d = '0'] = groupsOf(address);
	const upper = d.padStart(4, '0').slice(0, 2);
	return `${a}:${b}:${c}:${upper}::/56`;
}

/** The network that an address is in: /24 of IPv4, the site's /56 of IPv6. */
export function prefixOf(address: string): string {
	const site = siteOf(address);
	return site.includes(':') ? site : site.slice(0, site.lastIndexOf('.'));
}
