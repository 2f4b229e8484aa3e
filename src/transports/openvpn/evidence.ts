import type { Outcome } from '../../outcome.js';

import type { Notice } from './management-line.js';

/** How far an attempt is, by openvpn's own states; `setup` is the tun, its routes and the up script. */
export type DialStep = 'resolve' | 'tcp' | 'wait' | 'auth' | 'config' | 'setup';

/** More log lines than this are not kept; what tells is always near the end. */
export const LOG_LINES_KEPT = 50;

/** Everything seen of an attempt and its link that tells how it ended. */
export interface Evidence {
	readonly protocol: 'tcp' | 'udp';
	/** Where it is or was dialled, for people. */
	readonly node: string;
	/** Explains an end by what only the one who runs openvpn sees; undefined where that says nothing. */
	readonly explain?: (evidence: Evidence) => Outcome | undefined;
	/** The last step; undefined before openvpn dialled. */
	readonly step?: DialStep;
	readonly wasUp: boolean;
	/** `server-pushed-connection-reset` or `server-pushed-halt`, and what the server wrote. */
	readonly notice?: { readonly name: string; readonly message: string };
	/** The server refused the credentials. */
	readonly refusal?: { readonly reason?: string };
	/** Why it reconnects or exits, in openvpn's word. */
	readonly reason?: string;
	readonly log: readonly string[];
	readonly fatal?: string;
	/** What the process wrote by itself, its last lines: all there is while it does not serve its management interface. */
	readonly output?: readonly string[];
}

export function newEvidence(
	protocol: 'tcp' | 'udp',
	node: string,
	explain?: Evidence['explain'],
): Evidence {
	return { protocol, node, explain, wasUp: false, log: [] };
}

const STEPS: Record<string, DialStep> = {
	RESOLVE: 'resolve',
	TCP_CONNECT: 'tcp',
	WAIT: 'wait',
	AUTH: 'auth',
	AUTH_PENDING: 'auth',
	GET_CONFIG: 'config',
	ASSIGN_IP: 'setup',
	ADD_ROUTES: 'setup',
};

/** The step that a state of openvpn's stands for; undefined for CONNECTED, RECONNECTING and EXITING. */
export function stepOf(state: string): DialStep | undefined {
	return Object.hasOwn(STEPS, state) ? STEPS[state] : undefined;
}

/** Adds what a notice tells. */
export function record(evidence: Evidence, notice: Notice): Evidence {
	switch (notice.type) {
		case 'state': {
			if (notice.name === 'CONNECTED') {
				return { ...evidence, wasUp: true };
			}
			if (notice.name === 'RECONNECTING' || notice.name === 'EXITING') {
				return { ...evidence, reason: notice.detail };
			}
			const step = stepOf(notice.name);
			return step ? { ...evidence, step } : evidence;
		}
		case 'log':
			// At this verbosity openvpn logs what it tells us anyway.
			return notice.text.startsWith('MANAGEMENT: ')
				? evidence
				: {
						...evidence,
						log: [...evidence.log, notice.text].slice(-LOG_LINES_KEPT),
					};
		case 'notify':
			return notice.name.startsWith('server-pushed-')
				? {
						...evidence,
						notice: { name: notice.name, message: notice.message },
					}
				: evidence;
		case 'password-refused':
			return { ...evidence, refusal: { reason: notice.reason } };
		case 'fatal':
			return { ...evidence, fatal: notice.text };
		default:
			return evidence;
	}
}
