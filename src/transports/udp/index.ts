import type { Transport } from '../../transport.js';
import { loadWhenUsed } from '../load-when-used.js';
import { checkUdpOptions, type UdpOptions } from './device/options.js';
import { UDP } from './traits.js';

export type { UdpOptions } from './device/options.js';

/**
 * Carries a link over UDP: a reliable stream of our own under Node's TLS 1.3, and above TLS the very same
 * upgrade, authentication and session as `websocket()`. `docs/udp-protocol.md` specifies it.
 *
 * @example
 * new CloudlinkAgent({ device, nodes, transports: [websocket({ ca }), udp({ ca })] });
 */
export function udp(options: UdpOptions = {}): Transport {
	return loadWhenUsed(
		{
			name: UDP.name,
			carrier: UDP.carrier,
			handover: 'make-before-break',
			needsNode: true,
			needsKey: true,
			validate: () => {
				checkUdpOptions(options);
			},
		},
		async () => {
			const { UdpTransport } = await import(
				/* webpackMode: "eager" */ './device/transport.js'
			);
			return new UdpTransport(options);
		},
	);
}
