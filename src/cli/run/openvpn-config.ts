import { readFileSync } from 'node:fs';

import {
	configuredProtocols,
	configuredRemotes,
} from '../../transports/openvpn/index.js';

/** What the configuration that the cloud hands out says of the ways to its nodes. */
export interface ConfiguredWays {
	/** In its order. */
	readonly transports: ReadonlyArray<'openvpn-tcp' | 'openvpn-udp'>;
	/** Its remotes are several nodes, one for each protocol say: no single node can stand for them. */
	readonly hasOwnNodes: boolean;
}

/** Where it cannot be read, or names no remote, TCP is what devices have. */
const TCP_ALONE: ConfiguredWays = {
	transports: ['openvpn-tcp'],
	hasOwnNodes: false,
};

export function configuredWays(path: string): ConfiguredWays {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch {
		return TCP_ALONE;
	}
	const protocols = configuredProtocols(text);
	return protocols.length === 0
		? TCP_ALONE
		: {
				transports: protocols.map((name) => `openvpn-${name}` as const),
				hasOwnNodes: new Set(configuredRemotes(text)).size > 1,
			};
}
