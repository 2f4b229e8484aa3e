import type { Outcome } from '../../outcome.js';
import type { Hint } from '../../hint.js';

import type { DialStep, Evidence } from './evidence.js';
import type { Notice } from './management-line.js';

/** The management interface of openvpn 2.5. */
export const OLDEST_VERSION = 3;

/**
 * One attempt of openvpn's, and the link that may come of it:
 *
 *   spawned --HOLD--> held --PASSWORD--> credentials --STATE--> dialling --CONNECTED--> up
 *      |               '--STATE (cached credentials)--------------^  |                   |
 *      '------------------- RECONNECTING, FATAL, deadline, exit -----+----> ended <------'
 *
 * There is no second attempt in it: a HOLD or RECONNECTING after the release ends it. `ended` absorbs.
 */
export type AttemptState =
	| { readonly name: 'spawned' }
	| { readonly name: 'held' }
	| { readonly name: 'credentials' }
	| { readonly name: 'dialling'; readonly step: DialStep }
	| {
			readonly name: 'up';
			readonly host: string;
			readonly port: string;
			/** The device's own address of the connection; empty where that is not told. */
			readonly localHost: string;
			/** Its port there; empty over UDP. */
			readonly localPort: string;
	  }
	| { readonly name: 'ended'; readonly outcome: Outcome };

export interface Attempt {
	readonly state: AttemptState;
	readonly evidence: Evidence;
	/** How many echoes were read. */
	readonly echoes: number;
	/** One of them told a window. */
	readonly toldWindow: boolean;
	/** The key was given; it is given once. */
	readonly answered: boolean;
}

export type AttemptEvent =
	| Notice
	/** Our own bound on the carrier's connect has passed. */
	| { readonly type: 'connect-deadline' }
	/** Our own bound on the whole attempt has passed. */
	| {
			readonly type: 'deadline';
			/** How far openvpn is, where that is known better than by its last state. */
			readonly step?: DialStep;
	  }
	/** Nothing has come through the link for too long. */
	| { readonly type: 'silent'; readonly forMs: number }
	/** Openvpn is gone, and this is what it wrote last. */
	| { readonly type: 'exited'; readonly output?: readonly string[] }
	/** Openvpn answered one of our commands with an error. */
	| { readonly type: 'command-failed'; readonly told: string }
	/** What speaks to us is not a management interface. */
	| { readonly type: 'garbage' }
	/** We end it ourselves. */
	| { readonly type: 'stop' };

export type AttemptAction =
	| { readonly type: 'send'; readonly commands: readonly string[] }
	| { readonly type: 'hint'; readonly hint: Hint }
	| { readonly type: 'warn'; readonly message: string };

export interface Credentials {
	readonly uuid: string;
	readonly key: string;
}

/** What an attempt may use. Credentials are absent where openvpn has a file of its own. */
export interface AttemptContext {
	readonly credentials?: Credentials;
	/** `host:port`, as the link will say; absent where openvpn chooses itself. */
	readonly node?: string;
	/** Where openvpn was told to go; absent where it chooses itself. */
	readonly dialled?: { readonly host: string; readonly port: number };
}

/** The new state, and what to do. */
export type Step = readonly [Attempt, readonly AttemptAction[]];

export function newAttempt(
	evidence: Evidence,
	state: AttemptState = { name: 'spawned' },
): Attempt {
	return { state, evidence, echoes: 0, toldWindow: false, answered: false };
}

/** The attempt ends. */
export function end(attempt: Attempt, how: Outcome): Step {
	return [{ ...attempt, state: { name: 'ended', outcome: how } }, []];
}

/** The attempt goes on in another state, by these commands. */
export function enter(
	attempt: Attempt,
	state: AttemptState,
	...commands: string[]
): Step {
	return [
		{ ...attempt, state },
		commands.length > 0 ? [{ type: 'send', commands }] : [],
	];
}
