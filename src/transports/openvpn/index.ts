import type { Transport } from '../../transport.js';

import { AttachedOpenvpn } from './attached.js';
import { isAttached, type OpenvpnOptions } from './options.js';
import { OwnedOpenvpn } from './owned.js';

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
	return isAttached(options)
		? new AttachedOpenvpn(options)
		: new OwnedOpenvpn(options);
}
