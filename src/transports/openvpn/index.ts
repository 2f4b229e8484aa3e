import type { Transport } from '../../transport.js';

import { attachOpenvpn } from './attach.js';
import type { AttachedOpenvpnOptions } from './attached-options.js';
import { ownOpenvpn } from './own.js';
import type { OwnedOpenvpnOptions } from './owned-options.js';

export type { AttachedOpenvpnOptions, OwnedOpenvpnOptions };
export { configurationProblems } from './config-check.js';
export { configuredProtocols, configuredRemotes } from './remotes.js';
export { replacedDirectives } from './replaced-directives.js';
export type { ReplacedDirective } from './replaced-directives.js';
export { unverifiedBy } from './unverified.js';

/** What `openvpn()` takes: an openvpn of our own, or with `attach` one that runs already. */
export type OpenvpnOptions = OwnedOpenvpnOptions | AttachedOpenvpnOptions;

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
	return 'attach' in options && options.attach !== undefined
		? attachOpenvpn(options)
		: ownOpenvpn(options);
}
