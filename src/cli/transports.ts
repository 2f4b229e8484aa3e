import * as index from '../index.js';
import { openvpn } from '../transports/openvpn/index.js';
import type { Transport } from '../transports/transport.js';
import type { RunOptions } from './run-options.js';
import type { TransportSpec } from './settings.js';

// Until both are exported.
const library = index as unknown as Record<
	'websocket' | 'udp',
	(options: object) => Transport
>;

/** Makes the transports that were asked for, in their order. */
export function makeTransports(options: RunOptions): Transport[] {
	return options.transports.map((spec) => makeTransport(spec, options));
}

function makeTransport(spec: TransportSpec, options: RunOptions): Transport {
	const { ca, insecure, proxy } = options;
	switch (spec.name) {
		case 'websocket':
			return library.websocket({ ca, insecure, proxy });
		case 'udp':
			return library.udp({ ca });
		case 'attach':
			return openvpn({ attach: spec.socket });
		case 'openvpn-tcp':
		case 'openvpn-udp':
			return openvpn({
				protocol: spec.name === 'openvpn-tcp' ? 'tcp' : 'udp',
				binary: options.openvpnBinary,
				...(options.openvpnConfig ? { config: options.openvpnConfig } : { ca }),
			});
	}
}
