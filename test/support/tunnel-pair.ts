import { once } from 'node:events';
import { WebSocket } from 'ws';

import type { Hint } from '../../src/hint.js';
import { systemClock, systemRandom } from '../../src/runtime/index.js';
import { WebSocketDuplex } from '../../src/transports/native/ws-duplex.js';
import {
	serveTunnel,
	type Tunnel,
	type TunnelOptions,
} from '../../src/tunnel/index.js';
import {
	NativeNode,
	type NativeNodeOptions,
	type NodeLink,
} from './native-node.js';

export const UUID = 'a1b2c3d4e5f60718';

/** A device's tunnel and the node's end of it, over a real WebSocket on loopback. */
export interface TunnelPair {
	readonly node: NativeNode;
	readonly link: NodeLink;
	readonly tunnel: Tunnel;
	readonly device: { ws: WebSocket; duplex: WebSocketDuplex };
	readonly told: Array<{ by: 'hint' | 'goaway'; hint: Hint | undefined }>;
	stop(): Promise<void>;
}

export async function tunnelPair(
	ports: readonly number[],
	options: Partial<TunnelOptions> = {},
	nodeOptions: NativeNodeOptions = {},
): Promise<TunnelPair> {
	const node = await NativeNode.start(nodeOptions);
	const ws = new WebSocket(`ws://${node.address}/`, {
		perMessageDeflate: false,
	});
	// Before 'open': what comes with the 101 would be lost otherwise.
	const duplex = new WebSocketDuplex(ws);
	await once(ws, 'open');
	const told: TunnelPair['told'] = [];
	const tunnel = serveTunnel(duplex, {
		uuid: UUID,
		services: ports.map((port) => ({ port })),
		livenessMs: 30_000,
		runtime: { clock: systemClock, random: systemRandom },
		listener: {
			onHint: (hint) => told.push({ by: 'hint', hint }),
			onGoaway: (hint) => told.push({ by: 'goaway', hint }),
		},
		...options,
	});
	const link = await node.link();
	return {
		node,
		link,
		tunnel,
		device: { ws, duplex },
		told,
		stop: async () => {
			await tunnel.close(0);
			await node.stop();
		},
	};
}
