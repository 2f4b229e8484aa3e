import { isIPv6 } from 'node:net';

import { outcome } from '../../outcome.js';
import {
	end,
	enter,
	type Attempt,
	type AttemptAction,
	type AttemptContext,
	type Step,
} from './attempt.js';
import { classify } from './classify.js';
import { stepOf } from './evidence.js';
import type { Notice } from './management-line.js';

/** Openvpn says how far it is. */
export function onState(
	attempt: Attempt,
	notice: Extract<Notice, { type: 'state' }>,
	{ dialled }: AttemptContext,
): Step {
	if (notice.name === 'CONNECTED') {
		const { remoteHost, remotePort } = notice;
		if (dialled && !isSamePlace(dialled, remoteHost, remotePort)) {
			return end(
				attempt,
				outcome(
					'openvpn-failed',
					`openvpn is connected to ${remoteHost}:${remotePort}, which was not dialled: look for a remote in its configuration`,
				),
			);
		}
		const up = enter(attempt, {
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
			: end(attempt, classify(attempt.evidence));
	}
	const step = stepOf(notice.name);
	return step && attempt.state.name !== 'up'
		? enter(attempt, { name: 'dialling', step })
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
