import { isIP, isIPv6 } from 'node:net';
import { domainToASCII } from 'node:url';

import { CloudlinkError } from '../errors.js';
import type { NodeAddress } from '../transport.js';

/** The port of an entry that names none. */
const DEFAULT_PORT = 443;

/** A name that stands for the nodes that its SRV records list (RFC 2782). */
const SRV_PREFIX = '_cloudlink._tcp.';

/** A configured node, or one that was found behind a configured name. */
export interface NodeEntry extends NodeAddress {
	/** The SRV name to ask; such an entry is never dialled itself, only what its records list. */
	readonly srv?: string;
	/** From an SRV record: nodes with a lower number are used first. @default 0 */
	readonly priority?: number;
	/** From an SRV record: the share of devices that the node draws, against its equals. @default 1 */
	readonly weight?: number;
}

function invalid(where: string, problem: string): CloudlinkError {
	return new CloudlinkError(
		'ERR_CLOUDLINK_INVALID_OPTION',
		`\`${where}\` ${problem}`,
	);
}

function splitPort(text: string): { host: string; port: string | undefined } {
	const match =
		/^\[(?<host>[^\]]*)\](?::(?<port>.*))?$/.exec(text) ??
		/^(?<host>[^:]*)(?::(?<port>[^:]*))?$/.exec(text);
	return {
		host: match?.groups?.['host'] ?? '',
		port: match?.groups?.['port'],
	};
}

/**
 * Reads one entry of `nodes`: `host`, `host:port`, `192.0.2.1:443`, `[2001:db8::1]:443`, or
 * `_cloudlink._tcp.example.com` for the nodes that SRV records list. The port is 443 where none is given.
 * Throws ERR_CLOUDLINK_INVALID_OPTION with the entry's place in the list, which `index` gives.
 */
export function parseNode(text: string, index?: number): NodeEntry {
	const where = index === undefined ? 'nodes' : `nodes[${index}]`;
	if (typeof text !== 'string' || text.trim() === '') {
		throw invalid(where, 'must be a text such as "cloudlink.example.com:443".');
	}
	const trimmed = text.trim();
	if (/[/@?#\s]/.test(trimmed)) {
		throw invalid(
			where,
			'must be host:port alone, without a scheme such as wss://, a user or a path.',
		);
	}
	if (trimmed.toLowerCase().startsWith(SRV_PREFIX)) {
		return parseSrv(trimmed.toLowerCase(), where);
	}
	if (isIPv6(trimmed)) {
		throw invalid(where, `must put an IPv6 address in brackets: [${trimmed}].`);
	}
	const { host: rawHost, port: rawPort } = splitPort(trimmed);
	const host = parseHost(rawHost, trimmed.startsWith('['), where);
	const port = parsePort(rawPort, where);
	return { name: `${isIPv6(host) ? `[${host}]` : host}:${port}`, host, port };
}

/** Reads all entries; one that says the same as an earlier one is left out. */
export function parseNodes(texts: readonly string[]): readonly NodeEntry[] {
	const byName = new Map<string, NodeEntry>();
	texts.forEach((text, index) => {
		const node = parseNode(text, index);
		byName.set(node.name, byName.get(node.name) ?? node);
	});
	return [...byName.values()];
}

function parseSrv(name: string, where: string): NodeEntry {
	if (name.includes(':')) {
		throw invalid(where, 'names SRV records, which give the port themselves.');
	}
	const host = parseHost(name.slice(SRV_PREFIX.length), false, where);
	if (isIP(host) !== 0) {
		throw invalid(
			where,
			'asks for the SRV records of an address: name a domain.',
		);
	}
	const srv = SRV_PREFIX + host;
	return { name: srv, host, port: DEFAULT_PORT, srv };
}

function parseHost(raw: string, bracketed: boolean, where: string): string {
	// The root's dot is legal in a name, but not in what TLS verifies.
	const host = raw.endsWith('.') ? raw.slice(0, -1) : raw;
	if (bracketed ? isIPv6(host) : isIP(host) === 4) {
		return host.toLowerCase();
	}
	const ascii = bracketed ? '' : domainToASCII(host);
	const isName =
		ascii.length <= 253 &&
		/^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/.test(
			ascii,
		);
	// An address with a slip in it ("300.1.2.3", "1.2.3") is no name: a name's last label has a letter.
	if (!isName || /(^|\.)\d+$/.test(ascii)) {
		throw invalid(
			where,
			`has no valid host ("${host}"): use a DNS name, an IPv4 address, or an IPv6 address in brackets.`,
		);
	}
	return ascii;
}

function parsePort(raw: string | undefined, where: string): number {
	if (raw === undefined) {
		return DEFAULT_PORT;
	}
	const port = /^\d{1,5}$/.test(raw) ? Number(raw) : NaN;
	if (!(port >= 1 && port <= 65535)) {
		throw invalid(where, `has no valid port ("${raw}"): use 1 to 65535.`);
	}
	return port;
}
