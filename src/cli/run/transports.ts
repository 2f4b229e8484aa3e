import type { Transport } from '../../transport.js';
import { shipped, type Shipped } from '../../transports/shipped.js';
import type { TransportSpec } from '../settings/types.js';
import type { RunOptions } from './options.js';

type Make = (options: RunOptions, traits: Shipped) => Promise<Transport>;

const proxyOf = ({ proxy }: RunOptions) => (proxy === 'none' ? false : proxy);

/** By what the node speaks and what carries it. A transport is loaded only where it was asked for. */
const MAKERS: Readonly<
	Record<Shipped['speaks'], Readonly<Record<Shipped['carrier'], Make>>>
> = {
	native: {
		tcp: async (options) => {
			const { websocket } = await import('../../transports/websocket/index.js');
			const { ca, insecure } = options;
			return websocket({ ca, insecure, proxy: proxyOf(options) });
		},
		udp: async ({ ca }) => {
			const { udp } = await import('../../transports/udp/index.js');
			return udp({ ca });
		},
	},
	openvpn: { tcp: makeOpenvpn, udp: makeOpenvpn },
};

async function makeOpenvpn(
	options: RunOptions,
	{ carrier }: Shipped,
): Promise<Transport> {
	const { ownOpenvpn } = await import('../../transports/openvpn/own.js');
	const { ca, openvpnBinary, openvpnConfig } = options;
	return ownOpenvpn({
		protocol: carrier,
		binary: openvpnBinary,
		proxy: proxyOf(options),
		...(openvpnConfig ? { config: openvpnConfig } : { ca }),
	});
}

async function makeTransport(
	spec: TransportSpec,
	options: RunOptions,
): Promise<Transport> {
	if (spec.name === 'attach') {
		const { attachOpenvpn } =
			await import('../../transports/openvpn/attach.js');
		return attachOpenvpn({ attach: spec.socket });
	}
	const traits = shipped(spec.name);
	return await MAKERS[traits.speaks][traits.carrier](options, traits);
}

/** Makes the transports that were asked for, in their order. */
export async function makeTransports(
	options: RunOptions,
): Promise<Transport[]> {
	return await Promise.all(
		options.transports.map((spec) => makeTransport(spec, options)),
	);
}
