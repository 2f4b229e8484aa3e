import { outcome } from '../../outcome.js';
import {
	end,
	enter,
	OLDEST_VERSION,
	type Attempt,
	type AttemptContext,
	type AttemptEvent,
	type Step,
} from './attempt.js';
import {
	classify,
	classifyDeadline,
	isConnecting,
	tooOld,
} from './classify.js';
import { record } from './evidence.js';
import { parseEchoHint } from './hints.js';
import type { Notice } from './management-line.js';
import { onState } from './on-state.js';
import { quote } from './quote.js';

/** More echoes than this in one attempt are not read. */
export const MOST_ECHOES = 32;

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
				? end(attempt, classifyDeadline(attempt.evidence))
				: [attempt, []];
		case 'silent':
			return end(
				attempt,
				outcome(
					'link-silent',
					`the link to ${attempt.evidence.node} ended: nothing came from it for ${Math.round(event.forMs / 1000)} s`,
				),
			);
		case 'deadline':
			return attempt.state.name === 'up'
				? [attempt, []]
				: end(
						attempt,
						classifyDeadline({
							...attempt.evidence,
							step: event.step ?? attempt.evidence.step,
						}),
					);
		case 'stop':
			return end(attempt, outcome('stopped', 'the agent was stopped'));
		case 'command-failed':
			return end(
				attempt,
				outcome('openvpn-failed', `openvpn refused a command: ${event.told}`),
			);
		case 'garbage':
			return end(
				attempt,
				outcome(
					attempt.evidence.wasUp ? 'link-failed' : 'openvpn-failed',
					'what answers on the management socket is not openvpn: see `binary`',
				),
			);
		case 'exited': {
			const { output = [] } = event;
			const evidence = { ...attempt.evidence, output };
			return end(attempt, classify(evidence));
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
				? end(attempt, tooOld(`management interface ${notice.version}`))
				: enter(attempt, attempt.state, 'state on', 'echo on', 'log on');
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
				? end(attempt, classifyDeadline(attempt.evidence))
				: [attempt, []];
		case 'fatal':
			return end(attempt, classify(attempt.evidence));
		default:
			return [attempt, []];
	}
}

function onHold(attempt: Attempt): Step {
	switch (attempt.state.name) {
		case 'spawned':
			return enter(attempt, { name: 'held' }, 'hold release');
		case 'held':
			return [attempt, []];
		default:
			return end(attempt, classify(attempt.evidence));
	}
}

function onPasswordNeeded(
	attempt: Attempt,
	realm: string,
	{ credentials }: AttemptContext,
): Step {
	if (realm !== 'Auth') {
		return end(
			attempt,
			outcome(
				'openvpn-failed',
				`openvpn asks for a password of its own ("${realm}"): take it out of the configuration`,
			),
		);
	}
	if (!credentials) {
		return end(
			attempt,
			outcome(
				'key-unavailable',
				'openvpn asks for a password: give `device.key`, or a file in its auth-user-pass',
			),
		);
	}
	if (attempt.answered) {
		return end(
			attempt,
			outcome('openvpn-failed', 'openvpn asked for the device key twice'),
		);
	}
	return enter(
		{ ...attempt, answered: true },
		{ name: 'credentials' },
		`username "Auth" ${quote(credentials.uuid)}`,
		`password "Auth" ${quote(credentials.key)}`,
	);
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
