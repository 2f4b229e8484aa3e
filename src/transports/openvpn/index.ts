import type { Transport } from '../../transport.js';

import { loadWhenUsed } from '../load-when-used.js';
import {
	checkAttached,
	checkOwned,
	isAttached,
	loadConfiguration,
	type AttachedOpenvpnOptions,
	type OpenvpnOptions,
	type OwnedOpenvpnOptions,
} from './options.js';
import { configuredRemotes } from './remotes.js';

export { configurationProblems } from './config-check.js';
export { unverifiedBy } from './unverified.js';
export { configuredProtocols, configuredRemotes } from './remotes.js';
export { replacedDirectives } from './replaced-directives.js';
export type { ReplacedDirective } from './replaced-directives.js';
export type {
	AttachedOpenvpnOptions,
	OpenvpnOptions,
	OwnedOpenvpnOptions,
} from './options.js';

/**
 * Today's Cloudlink tunnel: a real openvpn process, of which the agent decides when, where and over which
 * protocol it dials. Not a byte of traffic passes through this process.
 *
 * Either the agent runs openvpn, one process for an attempt and its link, or with `attach` it drives one
 * that is already running, by its management socket.
 *
 * @example
 * openvpn({ protocol: 'tcp', config: '/etc/openvpn/openvpn.conf' })
 * @example
 * openvpn({ attach: '/run/cloudlink-openvpn/management.sock' })
 */
export function openvpn(options: OpenvpnOptions = {}): Transport {
	return isAttached(options) ? attached(options) : owned(options);
}

const nameOf = ({ protocol }: OpenvpnOptions) =>
	protocol === 'udp' ? 'openvpn-udp' : 'openvpn-tcp';

function attached(options: AttachedOpenvpnOptions): Transport {
	return loadWhenUsed(
		{
			name: nameOf(options),
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

function owned(options: OwnedOpenvpnOptions): Transport {
	return loadWhenUsed(
		{
			name: nameOf(options),
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
