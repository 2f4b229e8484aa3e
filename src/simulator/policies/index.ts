import { CloudlinkError } from '../../errors.js';
import { nearest } from '../../options.js';

import { agentPolicy } from './agent.js';
import { jitterPolicies } from './jitter.js';
import { messagingPolicies } from './messaging.js';
import { openvpnPolicies } from './openvpn.js';
import type { Policy } from '../engine/policy.js';
import { tunnelPolicies } from './tunnels.js';

export type { Pacer, Patience, Policy } from '../engine/policy.js';

/** Every policy that can be simulated, ours first. */
export const POLICIES: readonly Policy[] = [
	agentPolicy,
	...openvpnPolicies,
	...tunnelPolicies,
	...messagingPolicies,
	...jitterPolicies,
];

/** Finds a policy by name; an unknown name is an error that says which one is nearest. */
export function policyNamed(name: string): Policy {
	const found = POLICIES.find((policy) => policy.name === name);
	if (found) {
		return found;
	}
	const names = POLICIES.map((policy) => policy.name);
	const near = nearest(name, names);
	throw new CloudlinkError(
		'ERR_CLOUDLINK_INVALID_OPTION',
		near
			? `unknown policy \`${name}\`; did you mean \`${near}\`?`
			: `unknown policy \`${name}\`; known are ${names.join(', ')}.`,
	);
}
