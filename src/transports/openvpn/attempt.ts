import { isIPv6 } from 'node:net';

import { outcome, type Outcome } from '../../outcome.js';
import type { Hint } from '../../hint.js';

import {
	classify,
	classifyDeadline,
	isConnecting,
	tooOld,
} from './classify.js';
import { record, stepOf, type DialStep, type Evidence } from './evidence.js';
import { parseEchoHint } from './hints.js';
import type { Notice } from './management-line.js';
import { quote } from './quote.js';

/** The management interface of openvpn 2.5. */
export const OLDEST_VERSION = 3;

/** More echoes than this in one attempt are not read. */
export const MOST_ECHOES = 32;

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

type Step = readonly [Attempt, readonly AttemptAction[]];

export function newAttempt(
	evidence: Evidence,
	state: AttemptState = { name: 'spawned' },
): Attempt {
	return { state, evidence, echoes: 0, toldWindow: false, answered: false };
}

function ended(attempt: Attempt, how: Outcome): Step {
	return [{ ...attempt, state: { name: 'ended', outcome: how } }, []];
}

function moved(
	attempt: Attempt,
	state: AttemptState,
	...commands: string[]
): Step {
	return [
		{ ...attempt, state },
		commands.length > 0 ? [{ type: 'send', commands }] : [],
	];
}

function onHold(attempt: Attempt): Step {
	switch (attempt.state.name) {
		case 'spawned':
			return moved(attempt, { name: 'held' }, 'hold release');
		case 'held':
			return [attempt, []];
		default:
			return ended(attempt, classify(attempt.evidence));
	}
}

function onPasswordNeeded(
	attempt: Attempt,
	realm: string,
	{ credentials }: AttemptContext,
): Step {
	if (realm !== 'Auth') {
		return ended(
			attempt,
			outcome(
				'openvpn-failed',
				`openvpn asks for a password of its own ("${realm}"): take it out of the configuration`,
			),
		);
	}
	if (!credentials) {
		return ended(
			attempt,
			outcome(
				'key-unavailable',
				'openvpn asks for a password: give `device.key`, or a file in its auth-user-pass',
			),
		);
	}
	if (attempt.answered) {
		return ended(
			attempt,
			outcome('openvpn-failed', 'openvpn asked for the device key twice'),
		);
	}
	return moved(
		{ ...attempt, answered: true },
		{ name: 'credentials' },
		`username "Auth" ${quote(credentials.uuid)}`,
		`password "Auth" ${quote(credentials.key)}`,
	);
}

function onState(
	attempt: Attempt,
	notice: Extract<Notice, { type: 'state' }>,
	{ dialled }: AttemptContext,
): Step {
	if (notice.name === 'CONNECTED') {
		const { remoteHost, remotePort } = notice;
		if (dialled && !isSamePlace(dialled, remoteHost, remotePort)) {
			return ended(
				attempt,
				outcome(
					'openvpn-failed',
					`openvpn is connected to ${remoteHost}:${remotePort}, which was not dialled: look for a remote in its configuration`,
				),
			);
		}
		const up = moved(attempt, {
			name: 'up',
			host: notice.remoteHost,
			port: notice.remotePort,
			localHost: notice.localHost,
			localPort: notice.localPort,
		});
		return [
			up[0],
			[
				...forgottenWindow(attempt),
				...(notice.detail === 'SUCCESS'
					? []
					: [
							{
								type: 'warn' as const,
								message: `openvpn is connected, but not all of its routes or scripts worked (${notice.detail})`,
							},
						]),
			],
		];
	}
	if (notice.name === 'EXITING' || notice.name === 'RECONNECTING') {
		return attempt.state.name === 'spawned' && notice.name === 'RECONNECTING'
			? [attempt, []]
			: ended(attempt, classify(attempt.evidence));
	}
	const step = stepOf(notice.name);
	return step && attempt.state.name !== 'up'
		? moved(attempt, { name: 'dialling', step })
		: [attempt, []];
}

/** Every connect brings all echoes: a window that came with an earlier one and not with this is one that was removed. */
function forgottenWindow({ state, toldWindow }: Attempt): AttemptAction[] {
	return toldWindow || state.name === 'up'
		? []
		: [{ type: 'hint', hint: { reconnectWindowMs: 0 } }];
}

/** IPv6 addresses have several ways to be written. */
function isSamePlace(
	{ host, port }: { host: string; port: number },
	remoteHost: string,
	remotePort: string,
): boolean {
	const canonical = (address: string) =>
		isIPv6(address)
			? new URL(`http://[${address.split('%', 1)[0]}]`).hostname
			: address;
	return canonical(remoteHost) === canonical(host) && remotePort === `${port}`;
}

function onEcho(attempt: Attempt, text: string): Step {
	if (attempt.echoes >= MOST_ECHOES) {
		return [attempt, []];
	}
	const { hint, ignored } = parseEchoHint(text);
	const counted = {
		...attempt,
		echoes: attempt.echoes + 1,
		toldWindow: attempt.toldWindow || hint?.reconnectWindowMs !== undefined,
	};
	return [
		counted,
		[
			...(hint ? [{ type: 'hint' as const, hint }] : []),
			...(ignored === undefined
				? []
				: [
						{
							type: 'warn' as const,
							message: `a hint of the node is ignored: ${ignored}`,
						},
					]),
		],
	];
}

/** One step: what was seen in, the new state and what to do out. */
export function advance(
	attempt: Attempt,
	event: AttemptEvent,
	context: AttemptContext,
): Step {
	if (attempt.state.name === 'ended') {
		return [attempt, []];
	}
	switch (event.type) {
		case 'connect-deadline':
			return isConnecting(attempt.evidence)
				? ended(attempt, classifyDeadline(attempt.evidence))
				: [attempt, []];
		case 'silent':
			return ended(
				attempt,
				outcome(
					'link-silent',
					`the link to ${attempt.evidence.node} ended: nothing came from it for ${Math.round(event.forMs / 1000)} s`,
				),
			);
		case 'deadline':
			return attempt.state.name === 'up'
				? [attempt, []]
				: ended(
						attempt,
						classifyDeadline({
							...attempt.evidence,
							step: event.step ?? attempt.evidence.step,
						}),
					);
		case 'stop':
			return ended(attempt, outcome('stopped', 'the agent was stopped'));
		case 'command-failed':
			return ended(
				attempt,
				outcome('openvpn-failed', `openvpn refused a command: ${event.told}`),
			);
		case 'garbage':
			return ended(
				attempt,
				outcome(
					attempt.evidence.wasUp ? 'link-failed' : 'openvpn-failed',
					'what answers on the management socket is not openvpn: see `binary`',
				),
			);
		case 'exited': {
			const { output = [] } = event;
			const evidence = { ...attempt.evidence, output };
			return ended(attempt, classify(evidence));
		}
		default:
			return onNotice(
				{ ...attempt, evidence: record(attempt.evidence, event) },
				event,
				context,
			);
	}
}

function onNotice(
	attempt: Attempt,
	notice: Notice,
	context: AttemptContext,
): Step {
	switch (notice.type) {
		case 'greeting':
			return notice.version < OLDEST_VERSION
				? ended(attempt, tooOld(`management interface ${notice.version}`))
				: moved(attempt, attempt.state, 'state on', 'echo on', 'log on');
		case 'hold':
			return onHold(attempt);
		case 'password-needed':
			return onPasswordNeeded(attempt, notice.realm, context);
		case 'state':
			return onState(attempt, notice, context);
		case 'echo':
			return onEcho(attempt, notice.text);
		case 'log':
			// Openvpn goes on asking a closed port; we know enough.
			return attempt.state.name === 'dialling' &&
				/^read UDP.*\[ECONNREFUSED\]/.test(notice.text)
				? ended(attempt, classifyDeadline(attempt.evidence))
				: [attempt, []];
		case 'fatal':
			return ended(attempt, classify(attempt.evidence));
		default:
			return [attempt, []];
	}
}
