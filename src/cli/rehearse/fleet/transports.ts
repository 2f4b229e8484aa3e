import type { Transport } from '../../../transport.js';
import { openvpn } from '../../../transports/openvpn/index.js';
import { udp } from '../../../transports/udp/index.js';
import { websocket } from '../../../transports/websocket/index.js';

export const REHEARSED = [
	'websocket',
	'udp',
	'openvpn-tcp',
	'openvpn-udp',
] as const;

export type RehearsedTransport = (typeof REHEARSED)[number];

/** How the devices dial: the same for all. */
export interface Carriage {
	readonly transports: readonly RehearsedTransport[];
	/** PEM. */
	readonly ca?: string;
	readonly insecure?: boolean;
	/** The path of the client configuration of openvpn. */
	readonly openvpnConfig?: string;
	readonly openvpnBinary?: string;
}

/** Nothing passes through, so that thousands share one machine, and no privilege is needed. */
export const NO_TUN = ['dev null', 'ifconfig-noexec', 'route-noexec'];

/** The transports of one device: its own, since each remembers what a node gave it. */
export function makeCarriage({
	transports,
	ca,
	insecure,
	openvpnConfig,
	openvpnBinary,
}: Carriage): Transport[] {
	return transports.map((name) => {
		switch (name) {
			case 'websocket':
				return websocket({ ca, insecure });
			case 'udp':
				return udp({ ca });
			case 'openvpn-tcp':
			case 'openvpn-udp':
				return openvpn({
					protocol: name === 'openvpn-tcp' ? 'tcp' : 'udp',
					binary: openvpnBinary,
					directives: NO_TUN,
					...(openvpnConfig === undefined ? { ca } : { config: openvpnConfig }),
				});
		}
	});
}
