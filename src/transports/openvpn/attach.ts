import type { Transport } from '../../transport.js';

import { loadWhenUsed } from '../load-when-used.js';
import {
	checkAttached,
	type AttachedOpenvpnOptions,
} from './attached-options.js';
import { nameOf } from './common-options.js';

/** An openvpn that somebody else runs, driven by its management socket. */
export function attachOpenvpn(options: AttachedOpenvpnOptions): Transport {
	return loadWhenUsed(
		{
			name: nameOf(options),
			carrier: options.protocol,
			handover: 'break-before-make',
			needsNode: false,
			validate: () => {
				checkAttached(options);
			},
		},
		async () => {
			const { AttachedOpenvpn } = await import(
				/* webpackMode: "eager" */ './attached.js'
			);
			return new AttachedOpenvpn(options);
		},
		{ engages: true },
	);
}
