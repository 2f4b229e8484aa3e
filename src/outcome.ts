import type { Hint } from './hint.js';
import { CloudlinkError } from './errors.js';

/**
 * How an attempt or a link ended, by what follows from it: the laws of pacing and the choice of
 * transport hang on this word alone. `docs/outcomes.md` explains each.
 */
export type OutcomeKind =
	| 'drained'
	| 'lost'
	| 'throttled'
	| 'overloaded'
	| 'unreachable'
	| 'rejected'
	| 'misconfigured'
	| 'stopped';

interface OutcomeRule {
	readonly kind: OutcomeKind;
	/**
	 * Whether this points at the path that the transport takes (a firewall, a middlebox) and so speaks
	 * against that transport. A node's own word (a throttle, a bad key) never does.
	 */
	readonly path: boolean;
	/** The connection was taken and nothing came: a place in a queue looks like this. */
	readonly silent?: true;
	/** It failed before a node could notice: nothing was asked of any. */
	readonly local?: true;
	/** A link that ended without a word. */
	readonly silentLoss?: true;
	/** Nothing came back at all, no refusal either. */
	readonly unanswered?: true;
}

const path = (kind: OutcomeKind): OutcomeRule => ({ kind, path: true });
const word = (kind: OutcomeKind): OutcomeRule => ({ kind, path: false });
const silence = (rule: OutcomeRule): OutcomeRule => ({ ...rule, silent: true });
const local = (rule: OutcomeRule): OutcomeRule => ({ ...rule, local: true });
const unanswered = (rule: OutcomeRule): OutcomeRule => ({
	...rule,
	unanswered: true,
});

const silentLoss = (rule: OutcomeRule): OutcomeRule => ({
	...rule,
	silentLoss: true,
});

/** The table: every way in which an attempt or a link ends, and what it counts as. */
export const OUTCOMES = {
	// The node or the way to it.
	'dns-failed': local(word('unreachable')),
	'connect-refused': path('unreachable'),
	'no-route': local(path('unreachable')),
	'connect-timeout': unanswered(path('unreachable')),
	'not-cloudlink': path('unreachable'),
	'captive-portal': path('unreachable'),
	'proxy-unreachable': local(word('unreachable')),
	'proxy-refused': word('misconfigured'),
	'udp-blocked': unanswered(path('unreachable')),
	/** The device itself is out of sockets, memory or buffers. */
	'no-resources': local(word('unreachable')),
	'udp-mtu': path('unreachable'),
	'transport-failed': word('unreachable'),

	// Reached, but not served.
	'early-reset': path('overloaded'),
	'upgrade-timeout': silence(path('overloaded')),
	'tls-timeout': silence(path('overloaded')),
	'http-502': word('overloaded'),
	'http-503': word('overloaded'),
	'http-504': word('overloaded'),
	'http-5xx': word('overloaded'),
	'ws-try-again-later': word('overloaded'),
	'ws-internal-error': word('overloaded'),
	'no-push-reply': silence(word('overloaded')),

	// Told to come back later.
	'http-429': word('throttled'),
	'http-503-retry-after': word('throttled'),
	'enhance-your-calm': word('throttled'),
	'udp-busy': word('throttled'),
	'auth-throttled': word('throttled'),

	// Not let in.
	'http-401': word('rejected'),
	'http-403': word('rejected'),
	'ws-policy-violation': word('rejected'),
	'auth-failed': word('rejected'),
	'server-halt': word('rejected'),

	// Something here, or on the way, has to be mended first.
	'http-404': word('misconfigured'),
	'http-4xx': word('misconfigured'),
	'tls-wrong-host': word('misconfigured'),
	'tls-unknown-ca': path('misconfigured'),
	'tls-expired': word('misconfigured'),
	'tls-failed': word('misconfigured'),
	/** The certificate is not valid *yet*: the device's clock is wrong, and waits for time sync. */
	'clock-wrong': word('misconfigured'),
	'key-unavailable': word('misconfigured'),
	'openvpn-missing': word('misconfigured'),
	'openvpn-failed': word('misconfigured'),
	/** Another openvpn on this device has the link; to dial would cut it. */
	'openvpn-busy': word('misconfigured'),

	// A live link that was told to go.
	goaway: word('drained'),
	'ws-going-away': word('drained'),
	'ws-service-restart': word('drained'),
	'drain-notice': word('drained'),
	'server-restart': word('drained'),

	/** We left it ourselves, for a better one. */
	superseded: word('drained'),

	// A live link that went.
	'link-reset': word('lost'),
	'link-ended': word('lost'),
	'link-silent': silentLoss(word('lost')),
	/** The same while a stream was open: packets of full size may vanish on the way. */
	'link-stalled': silentLoss(word('lost')),
	/** The node went beyond one of our limits; the message names it. */
	'limit-exceeded': word('lost'),
	'link-failed': word('lost'),

	stopped: word('stopped'),
} as const satisfies Record<string, OutcomeRule>;

/** A stable name for one way to end; its kind is in {@link OUTCOMES}. */
export type OutcomeCode = keyof typeof OUTCOMES;

/** How an attempt or a link ended. */
export interface Outcome {
	readonly kind: OutcomeKind;
	readonly code: OutcomeCode;
	/** A sentence for people: what was seen and, where there is something to do, what. Never a secret. */
	readonly message: string;
	/** What the node said about when to come back, if it said anything. */
	readonly hint?: Hint;
	/** What was thrown, kept for the log. */
	readonly cause?: Error;
}

/** Makes an outcome; its kind follows from the code. */
export function outcome(
	code: OutcomeCode,
	message: string,
	details: { hint?: Hint; cause?: Error } = {},
): Outcome {
	return { kind: OUTCOMES[code].kind, code, message, ...details };
}

/** Whether an outcome speaks against the transport that was used: see {@link OUTCOMES}. */
export function pointsAtPath(ended: Outcome): boolean {
	return OUTCOMES[ended.code].path;
}

/** Whether the connection was taken and then nothing came: see {@link OUTCOMES}. */
export function isSilent({ code }: Outcome): boolean {
	return OUTCOMES[code].silent === true;
}

/** Whether an attempt failed before any node could notice it: see {@link OUTCOMES}. */
export function isLocal({ code }: Outcome): boolean {
	return OUTCOMES[code].local === true;
}

/** Whether a link fell silent, rather than ended: see {@link OUTCOMES}. */
export function isSilentLoss({ code }: Outcome): boolean {
	return OUTCOMES[code].silentLoss === true;
}

/** Whether nothing came back from the node, nor from whatever is in its place: see {@link OUTCOMES}. */
export function isUnanswered({ code }: Outcome): boolean {
	return OUTCOMES[code].unanswered === true;
}

/** The answers of a node that say that a key is wrong. */
const KEY_REFUSALS: readonly OutcomeCode[] = [
	'http-401',
	'http-403',
	'ws-policy-violation',
	'auth-failed',
];

/**
 * The same outcome in other words, for a device whose key this node has taken before: a node whose API is down refuses every
 * key, and cannot be told from one that refuses this key. Who remembers that the key worked applies it.
 */
export function refusedAKeyThatWorked(ended: Outcome): Outcome {
	return KEY_REFUSALS.includes(ended.code)
		? {
				...ended,
				message: 'the node refuses a key that worked; perhaps its API is down',
			}
		: ended;
}

/** What a transport's `dial` rejects with when no link came of it. */
export class DialError extends CloudlinkError {
	readonly outcome: Outcome;

	constructor(ended: Outcome) {
		super('ERR_CLOUDLINK_DIAL', ended.message, { cause: ended.cause });
		this.name = 'DialError';
		this.outcome = ended;
	}
}
