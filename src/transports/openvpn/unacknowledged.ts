import { readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';

import type { Ends } from './ends.js';

/** One loss is no sign of anything; two time-outs in a row are. */
const RETRANSMISSIONS = 2;

const hexPort = (port: string) =>
	Number(port).toString(16).toUpperCase().padStart(4, '0');

/** Whether /proc/net/tcp (proc_net_tcp of Linux), the connection known by its ports, tells that what this end has sent is repeated and not acknowledged. */
export function isUnacknowledged(
	table: string,
	{ localPort, port }: Pick<Ends, 'localPort' | 'port'>,
): boolean {
	return table.split('\n').some((line) => {
		const [, local, remote, , , , retransmissions] = line.trim().split(/\s+/);
		return (
			local?.split(':')[1] === hexPort(localPort) &&
			remote?.split(':')[1] === hexPort(port) &&
			parseInt(retransmissions ?? '', 16) >= RETRANSMISSIONS
		);
	});
}

/** The system's word on a connection of this network namespace; false where the system does not tell. */
export function systemIsUnacknowledged(ends: Ends): boolean {
	const file = isIPv6(ends.localHost) ? 'tcp6' : 'tcp';
	try {
		return isUnacknowledged(readFileSync(`/proc/net/${file}`, 'latin1'), ends);
	} catch {
		return false;
	}
}
