import { outcome, type Outcome } from '../../../outcome.js';
import { BUSY_MS } from '../wire/limits.js';
import type { End } from '../connection/end.js';
import { UdpEndError } from '../connection/end.js';
import { classifySystemError } from '../../native/system-error.js';

/** How an attempt ended whose connection ended before there was a link. `trustTime`: whether BUSY's time is followed. */
export function classifyUdpEnd(end: End, trustTime: boolean): Outcome {
	const cause = new UdpEndError(end);
	const make = (code: Parameters<typeof outcome>[0], message = cause.message) =>
		outcome(code, message, { cause });
	switch (end.reason) {
		case 'no-answer':
			return make('udp-blocked');
		case 'mtu':
			return make('udp-mtu');
		case 'busy':
			return busy(end.retryAfterSeconds, trustTime, cause);
		case 'refused':
			return classifyRefusal(end.cause);
		case 'version':
			return make('not-cloudlink');
		case 'handshake-timeout':
			return make('upgrade-timeout');
		default:
			return make(
				'early-reset',
				'The node ended the UDP connection before the link was up.',
			);
	}
}

/** A forged BUSY must not do more than dropped packets could: its time is clamped. */
function busy(
	seconds: number | undefined,
	trustTime: boolean,
	cause: Error,
): Outcome {
	const message = 'The node is busy and asks to come back later.';
	if (seconds === undefined || !trustTime) {
		return outcome('udp-busy', message, { cause });
	}
	const [least, most] = BUSY_MS;
	const retryAfterMs = Math.min(Math.max(seconds * 1000, least), most);
	return outcome('udp-busy', message, { hint: { retryAfterMs }, cause });
}

function classifyRefusal(cause: NodeJS.ErrnoException): Outcome {
	if (cause.code === 'ECONNREFUSED') {
		return outcome(
			'connect-refused',
			"Nothing listens on the node's UDP port.",
			{ cause },
		);
	}
	return (
		classifySystemError(cause) ??
		outcome('transport-failed', `The UDP socket failed: ${cause.message}`, {
			cause,
		})
	);
}
