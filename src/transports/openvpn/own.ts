import type { Transport } from '../../transport.js';

import { loadWhenUsed } from '../load-when-used.js';
import { nameOf } from './common-options.js';
import { loadConfiguration } from './load-configuration.js';
import { checkOwned, type OwnedOpenvpnOptions } from './owned-options.js';
import { configuredRemotes } from './remotes.js';

/** An openvpn that the agent runs, one process for an attempt and its link. */
export function ownOpenvpn(options: OwnedOpenvpnOptions): Transport {
	return loadWhenUsed(
		{
			name: nameOf(options),
			carrier: options.protocol,
			handover: 'break-before-make',
			get needsNode() {
				return !namesRemote(options);
			},
			validate: () => {
				checkOwned(options);
			},
		},
		async () => {
			const { OwnedOpenvpn } = await import(
				/* webpackMode: "eager" */ './owned.js'
			);
			return new OwnedOpenvpn(options);
		},
	);
}

/** A configuration that names a remote can do without a node; a node that is given wins. */
function namesRemote({ config }: OwnedOpenvpnOptions): boolean {
	try {
		return (
			config !== undefined &&
			configuredRemotes(loadConfiguration(config).text).length > 0
		);
	} catch {
		return false;
	}
}
