import { constants } from 'node:http2';

import { explain } from '../../errors.js';
import type { Hint } from '../../hint.js';
import { outcome, type Outcome, type OutcomeCode } from '../../outcome.js';
import { FLOOD, parseHintJson, type TunnelEnd } from '../../tunnel/index.js';
import { codeOf } from './error-code.js';
import { classifySystemError } from './system-error.js';

type Rule = readonly [code: OutcomeCode, message: string];

/** Statuses that have a rule of their own; the others go by their hundreds. */
const STATUSES: Record<number, Rule> = {
	401: ['http-401', 'The node does not know this uuid and key.'],
	403: ['http-403', 'The node does not let this device in.'],
	404: [
		'http-404',
		'There is no Cloudlink at this address: check the host and the path.',
	],
	408: ['upgrade-timeout', 'The node gave up waiting for the request.'],
	429: ['http-429', 'The node is throttling.'],
	502: ['http-502', 'A gateway in front of the node could not reach it.'],
	503: ['http-503', 'The node is overloaded.'],
	504: ['http-504', 'A gateway in front of the node waited in vain for it.'],
};

/** A portal sends elsewhere, or says so itself (RFC 6585, 6). */
const PORTAL: Rule = [
	'captive-portal',
	'A captive portal seems to answer in the place of the node: log in there.',
];

const FOREIGN: Rule = [
	'not-cloudlink',
	'The answer is not from a Cloudlink node; a captive portal may be in between.',
];

/** A refused upgrade. */
export function classifyStatus(status: number, hint?: Hint): Outcome {
	const [code, message] = statusRule(status, hint);
	return outcome(code, `${message} (HTTP ${status})`, hint ? { hint } : {});
}

function statusRule(status: number, hint?: Hint): Rule {
	if (status === 503 && hint?.retryAfterMs !== undefined) {
		return [
			'http-503-retry-after',
			'The node is overloaded and says when to come back.',
		];
	}
	if (STATUSES[status]) {
		return STATUSES[status];
	}
	if (status === 511 || (status >= 300 && status < 400)) {
		return PORTAL;
	}
	if (status >= 500 && status < 600) {
		return ['http-5xx', 'The node failed.'];
	}
	if (status >= 400 && status < 500) {
		return ['http-4xx', 'The node does not accept the request.'];
	}
	return FOREIGN;
}

/** Errors of a socket that say: the other side cut it. */
const CUT = new Set([
	'ECONNRESET',
	'EPIPE',
	'ECONNABORTED',
	'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Errors that say: the peer went beyond a limit that was set for it, by `ws`, Node's HTTP/2 or our UDP. */
const LIMITS = new Set([
	'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
	'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
	'WS_ERR_TOO_MANY_BUFFERED_PARTS',
	FLOOD,
	'ERR_UDP_FLOOD',
]);

/** An upgrade that was not answered by a status: the connection broke, or what came is not HTTP. */
export function classifyUpgradeError(error: Error): Outcome {
	const code = codeOf(error);
	if (CUT.has(code)) {
		return outcome(
			'early-reset',
			'The node ended the connection before it answered.',
			{ cause: error },
		);
	}
	if (code === 'ETIMEDOUT') {
		return outcome(
			'upgrade-timeout',
			'The node fell silent before it answered.',
			{ cause: error },
		);
	}
	const local = classifySystemError(error);
	if (local) {
		return local;
	}
	if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(code)) {
		return outcome('tls-failed', `TLS failed: ${explain(error)}`, {
			cause: error,
		});
	}
	return outcome(FOREIGN[0], FOREIGN[1], { cause: error });
}

/** What a WebSocket's close frame said (RFC 6455, 7.4.1). */
export interface CloseFrame {
	readonly code: number;
	readonly reason: string;
}

function closeRule(code: number, stable: boolean): Rule | undefined {
	switch (code) {
		case 1001:
			return ['ws-going-away', 'The node is going away.'];
		case 1012:
			return ['ws-service-restart', 'The node restarts.'];
		case 1013:
			return ['ws-try-again-later', 'The node is overloaded.'];
		case 1008:
			return ['ws-policy-violation', 'The node does not let this device in.'];
		case 1011:
			return stable
				? ['link-failed', 'The node failed.']
				: ['ws-internal-error', 'The node failed before the link was stable.'];
		case 1000:
		case 1005:
		case 1006:
			return undefined;
		default:
			return ['link-failed', 'The node ended the link.'];
	}
}

/** Everything that is known of an end. */
export interface EndFacts {
	readonly end: TunnelEnd;
	readonly close?: CloseFrame;
	/** What the socket under it reported. */
	readonly socketError?: Error;
	/** The node had told the link to go. */
	readonly notice?: Outcome;
	/** Whether the node's SETTINGS had come, so that there was a link at all. */
	readonly live: boolean;
	/** Whether the link had lived long enough to be trusted. */
	readonly stable: boolean;
}

/** How a link, or an attempt whose upgrade was accepted, ended. The first rule that fits. */
export function classifyEnd(facts: EndFacts): Outcome {
	return (
		ownWill(facts) ??
		brokenLimit(facts) ??
		lastWord(facts) ??
		facts.notice ??
		(facts.live ? lostLink(facts) : failedStart(facts))
	);
}

function ownWill({ end }: EndFacts): Outcome | undefined {
	return end.why === 'closed'
		? outcome('stopped', 'The device closed the link.')
		: undefined;
}

/** Whatever the node has said before: a flood does not become a drain by a word. */
function brokenLimit({
	end,
	socketError,
	notice,
	live,
}: EndFacts): Outcome | undefined {
	const cause = errorOf(end) ?? socketError;
	const what =
		end.why === 'limit'
			? end.limit
			: LIMITS.has(codeOf(cause)) && cause!.message;
	if (!what) {
		return undefined;
	}
	return outcome(
		live ? 'limit-exceeded' : FOREIGN[0],
		`The node went beyond a limit: ${what.replace(/\.$/, '')}.`,
		{ cause, ...(notice?.hint ? { hint: notice.hint } : {}) },
	);
}

/** The node said why: by GOAWAY, or by a close frame. */
function lastWord({ end, close, stable }: EndFacts): Outcome | undefined {
	if (end.why === 'goaway') {
		const { code, hint } = end;
		return code === constants.NGHTTP2_ENHANCE_YOUR_CALM
			? outcome('enhance-your-calm', 'The node asks for calm.', { hint })
			: outcome('link-failed', `The node ended the session (GOAWAY ${code}).`, {
					hint,
				});
	}
	const rule = close && closeRule(close.code, stable);
	return rule
		? outcome(rule[0], `${rule[1]} (WebSocket close ${close.code})`, {
				hint: parseHintJson(close.reason),
			})
		: undefined;
}

/** A link that lived. */
function lostLink({ end, close, socketError }: EndFacts): Outcome {
	if (end.why === 'silent') {
		return end.openStreams > 0
			? outcome(
					'link-stalled',
					'Nothing came from the node any more, in the middle of a stream.',
				)
			: outcome('link-silent', 'Nothing came from the node any more.');
	}
	const cause = errorOf(end) ?? socketError;
	if (codeOf(cause) === 'ETIMEDOUT') {
		return outcome('link-silent', 'The node confirms nothing any more.', {
			cause,
		});
	}
	if (cause && CUT.has(codeOf(cause))) {
		return outcome('link-reset', 'The connection was reset.', { cause });
	}
	if (cause) {
		return outcome('link-failed', `The link failed: ${cause.message}`, {
			cause,
		});
	}
	return outcome(
		'link-ended',
		close?.code === 1000
			? 'The node closed the link.'
			: 'The connection ended without a word.',
	);
}

/** An upgrade that was accepted, and no HTTP/2 after it. */
function failedStart({ end, socketError }: EndFacts): Outcome {
	const cause = errorOf(end) ?? socketError;
	if (
		end.why === 'handshake' ||
		end.why === 'silent' ||
		codeOf(cause) === 'ETIMEDOUT'
	) {
		return outcome(
			'upgrade-timeout',
			'The node accepted the device and then said nothing.',
			{ cause },
		);
	}
	return (end.why === 'session' && !CUT.has(codeOf(cause))) ||
		codeOf(cause).startsWith('WS_ERR_')
		? outcome(FOREIGN[0], 'The node does not speak our protocol.', { cause })
		: outcome(
				'early-reset',
				'The node ended the connection before the link was up.',
				{ cause },
			);
}

function errorOf(end: TunnelEnd): Error | undefined {
	return end.why === 'session' || end.why === 'carrier' ? end.error : undefined;
}
