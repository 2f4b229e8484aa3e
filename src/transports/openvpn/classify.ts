import { outcome, type Outcome, type OutcomeCode } from '../../outcome.js';

import type { Evidence } from './evidence.js';
import { parseAuthFailure, parseRestart } from './hints.js';
import { LOG_RULES } from './log-rules.js';

/** Words of openvpn's for the end of a link. */
const LINK_REASONS: Record<string, OutcomeCode> = {
	'connection-reset': 'link-reset',
	'ping-restart': 'link-silent',
	'ping-exit': 'link-silent',
	inactive: 'link-ended',
	'remote-exit': 'link-ended',
};

export function because(text: string | undefined, ignored?: string): string {
	const told = ignored && `"${ignored}" is no hint and is ignored`;
	const all = [text, told].filter(Boolean).join('; ');
	return all ? ` (${all})` : '';
}

function classifyRefusal(evidence: Evidence, reason: string): Outcome {
	if (/no shared cipher|cipher negotiation failed/.test(reason)) {
		return outcome(
			'tls-failed',
			`${evidence.node}: no data cipher is shared with the node (${reason})`,
		);
	}
	const { temporary, hint, ignored } = parseAuthFailure(reason);
	return temporary
		? outcome(
				'auth-throttled',
				`${evidence.node} asked to come back later${because(reason, ignored)}`,
				{ hint },
			)
		: outcome(
				'auth-failed',
				`${evidence.node} refused the device key${because(reason, ignored)}`,
			);
}

function classifyNotice(node: string, name: string, message: string): Outcome {
	const { hint, ignored } = parseRestart(message);
	return name === 'server-pushed-halt'
		? outcome(
				'server-halt',
				`${node} told the device to stay away${because(message)}`,
			)
		: outcome(
				'server-restart',
				`${node} told the device to reconnect${because(message, ignored)}`,
				{
					hint,
				},
			);
}

function byLog(
	evidence: Evidence,
	lines: readonly string[],
): Outcome | undefined {
	for (const [pattern, code, sentence] of LOG_RULES) {
		const line = lines.findLast((candidate) => pattern.test(candidate));
		if (line !== undefined) {
			return outcome(code, `${evidence.node}: ${sentence} (${line.trim()})`);
		}
	}
	return undefined;
}

function classifyLink({ node, reason, fatal }: Evidence): Outcome {
	const code =
		reason !== undefined && Object.hasOwn(LINK_REASONS, reason)
			? LINK_REASONS[reason]!
			: 'link-failed';
	return outcome(
		code,
		`the link to ${node} ended: ${fatal ?? reason ?? 'openvpn is gone'}`,
	);
}

export const gaveUp = (why: string): Outcome =>
	outcome('openvpn-failed', `openvpn gave up: ${why.trim()}`);

/** The oldest that is known to work: what devices run. */
export function tooOld(found: string): Outcome {
	return outcome(
		'openvpn-missing',
		`openvpn is too old: ${found}; install openvpn 2.5 or newer, or name another with \`binary\``,
	);
}

/**
 * Before the node said anything: nobody answered in time. A connection that was taken may be a place in a queue (a
 * limiter that accepts late, a node that is slow); a SYN or a datagram without an answer is none.
 */
function unanswered({ protocol, node, step }: Evidence): Outcome {
	if (protocol === 'udp') {
		return outcome('udp-blocked', `${node} did not answer over UDP`);
	}
	return step === 'wait'
		? outcome('tls-timeout', `${node} took the connection and did not answer`)
		: outcome('connect-timeout', `${node} did not answer the connect`);
}

/** Whether the node has not been reached yet: it neither took a connection nor answered a datagram. */
export function isConnecting({ protocol, step, wasUp }: Evidence): boolean {
	return (
		!wasUp &&
		(step === undefined ||
			step === 'resolve' ||
			step === 'tcp' ||
			(step === 'wait' && protocol === 'udp'))
	);
}

/**
 * How an attempt or a link ended. What the node itself said comes before what openvpn concluded, and
 * that before what can only be guessed from the log.
 */
export function classify(evidence: Evidence): Outcome {
	const { node, notice, refusal, reason, fatal, step, wasUp } = evidence;
	if (notice) {
		return classifyNotice(node, notice.name, notice.message);
	}
	if (refusal) {
		return classifyRefusal(evidence, refusal.reason ?? '');
	}
	if (wasUp) {
		return classifyLink(evidence);
	}
	if (fatal === undefined && reason === undefined) {
		return step === undefined
			? (evidence.explain?.(evidence) ?? gaveUp('it ended without a word'))
			: outcome(
					'transport-failed',
					`openvpn was ended by somebody else while it dialled ${node}`,
				);
	}
	const told =
		evidence.explain?.(evidence) ??
		byLog(evidence, [...evidence.log, fatal ?? '']);
	if (told) {
		return told;
	}
	if (fatal !== undefined) {
		return gaveUp(fatal);
	}
	switch (reason) {
		case 'server_poll':
			return unanswered(evidence);
		case 'connection-reset':
			return outcome(
				'early-reset',
				`${node} cut the connection before it let the device in`,
			);
		case 'network-unreachable':
			return outcome('no-route', `there is no route to ${node}`);
		case 'no-push-reply':
			return lateLogin(node);
		case 'tls-error':
			return outcome(
				'tls-failed',
				`${node}: the TLS handshake failed${because(evidence.log.at(-1))}`,
			);
		case 'auth-failure':
			return outcome('auth-failed', `${node} refused the device key`);
		default:
			return outcome(
				step === undefined ? 'openvpn-failed' : 'transport-failed',
				`${node}: openvpn gave the attempt up: ${reason}${because(evidence.log.at(-1))}`,
			);
	}
}

const lateLogin = (node: string): Outcome =>
	outcome('no-push-reply', `${node} did not decide about the login in time`);

/** How an attempt ended that was not done by its deadline. */
export function classifyDeadline(evidence: Evidence): Outcome {
	const { node, step } = evidence;
	switch (step) {
		case undefined:
			return outcome(
				'openvpn-failed',
				'openvpn did not get ready to dial in time',
			);
		case 'resolve':
			return outcome(
				'dns-failed',
				`the name of ${node} was not resolved in time`,
			);
		case 'tcp':
		case 'wait':
			// A refusal over UDP is only logged; openvpn goes on asking.
			return (
				evidence.explain?.(evidence) ??
				byLog(evidence, evidence.log) ??
				unanswered(evidence)
			);
		case 'auth':
			return (
				byLog(evidence, evidence.log) ??
				outcome(
					'tls-timeout',
					`${node} began the handshake and did not end it in time`,
				)
			);
		case 'config':
			return lateLogin(node);
		case 'setup':
			return outcome(
				'openvpn-failed',
				'the tunnel was not set up in time: the up script, or setting routes, does not end',
			);
	}
}
