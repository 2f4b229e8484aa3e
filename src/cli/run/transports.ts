import { openvpn } from '../../transports/openvpn/index.js';
import type { Transport } from '../../transport.js';
import { udp } from '../../transports/udp/index.js';
import { websocket } from '../../transports/websocket/index.js';
import type { RunOptions } from './options.js';
import type { TransportSpec } from '../settings/types.js';

/** Makes the transports that were asked for, in their order. */
export function makeTransports(options: RunOptions): Transport[] {
	return options.transports.map((spec) => makeTransport(spec, options));
}

function makeTransport(spec: TransportSpec, options: RunOptions): Transport {
	const { ca, insecure } = options;
	const proxy = options.proxy === 'none' ? false : options.proxy;
	switch (spec.name) {
		case 'websocket':
			return websocket({ ca, insecure, proxy });
		case 'udp':
			return udp({ ca });
		case 'attach':
			return openvpn({ attach: spec.socket });
		case 'openvpn-tcp':
		case 'openvpn-udp':
			return openvpn({
				protocol: spec.name === 'openvpn-tcp' ? 'tcp' : 'udp',
				binary: options.openvpnBinary,
				proxy,
				...(options.openvpnConfig ? { config: options.openvpnConfig } : { ca }),
			});
	}
}
