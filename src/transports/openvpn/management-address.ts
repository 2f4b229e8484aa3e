import { connect, isIP, type Socket } from 'node:net';

/** Where the management interface of an openvpn that somebody else runs is. */
export type ManagementAddress =
	{ readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Reads the `attach` option: a path, or `HOST:PORT` on loopback. Undefined for another host: whoever reaches the
 * management interface is openvpn's master, and it speaks in clear.
 */
export function parseManagementAddress(
	text: string,
): ManagementAddress | undefined {
	const [, bracketed, plain, port] =
		/^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})$/.exec(text) ?? [];
	const host = bracketed ?? plain;
	if (host === undefined) {
		return { path: text };
	}
	const isLoopback =
		host === 'localhost' ||
		host === '::1' ||
		(isIP(host) === 4 && host.startsWith('127.'));
	const asNumber = Number(port);
	return isLoopback && asNumber > 0 && asNumber < 65_536
		? { host, port: asNumber }
		: undefined;
}

export function connectToManagement(address: ManagementAddress): Socket {
	return 'path' in address
		? connect(address.path)
		: connect(address.port, address.host);
}
