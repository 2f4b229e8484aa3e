import type { Transport } from '../../../transport.js';
import { openvpn } from '../../../transports/openvpn/index.js';
import {
	shipped,
	SHIPPED,
	type ShippedName,
} from '../../../transports/shipped.js';
import { udp } from '../../../transports/udp/index.js';
import { websocket } from '../../../transports/websocket/index.js';

export const REHEARSED = SHIPPED.map(({ name }) => name);

export type RehearsedTransport = ShippedName;

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
const NO_TUN = ['dev null', 'ifconfig-noexec', 'route-noexec'];

/** The transports of one device: its own, since each remembers what a node gave it. */
export function makeCarriage({
	transports,
	ca,
	insecure,
	openvpnConfig,
	openvpnBinary,
}: Carriage): Transport[] {
	return transports.map((name) => {
		const { speaks, carrier } = shipped(name);
		if (speaks === 'openvpn') {
			return openvpn({
				protocol: carrier,
				binary: openvpnBinary,
				directives: NO_TUN,
				...(openvpnConfig === undefined ? { ca } : { config: openvpnConfig }),
			});
		}
		return carrier === 'tcp' ? websocket({ ca, insecure }) : udp({ ca });
	});
}
