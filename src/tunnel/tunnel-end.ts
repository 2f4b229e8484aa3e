import type { Hint } from '../hint.js';
import type { TunnelLimits } from './limits.js';

/** Why a tunnel ended, as it was seen from inside; a link makes an outcome of it. */
export type TunnelEnd =
	/** We closed it. */
	| { readonly why: 'closed' }
	/** The node sent a GOAWAY with an error code (RFC 9113, 7). */
	| { readonly why: 'goaway'; readonly code: number; readonly hint?: Hint }
	/** Nothing came from the node for the liveness bound, while so many streams were open. */
	| { readonly why: 'silent'; readonly openStreams: number }
	/** The node's SETTINGS did not come. */
	| { readonly why: 'handshake' }
	/** The node broke one of our limits. */
	| { readonly why: 'limit'; readonly limit: keyof TunnelLimits }
	/** The session broke: bytes that are not HTTP/2, a flood the library stopped. */
	| { readonly why: 'session'; readonly error: Error }
	/** The carrier ended under it. */
	| { readonly why: 'carrier'; readonly error?: Error };

/** The code of a session's error when the library found itself flooded. */
export const FLOOD = 'ERR_HTTP2_FLOOD';

/** RFC 9113, 7: the names by their codes. */
const ERROR_NAMES = [
	...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR'],
	...['SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR'],
	...['REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR'],
	...['ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
];

/** We told the node an error: the session is over, whatever the library makes of it. */
export function ownGoaway(code: number): TunnelEnd {
	const name = ERROR_NAMES[code] ?? `error ${code}`;
	const error = new Error(`The node broke the rules of HTTP/2 (${name}).`);
	// No rule of HTTP/2 asks for these two: the library has had too much of something.
	const isFlood = name === 'ENHANCE_YOUR_CALM' || name === 'INTERNAL_ERROR';
	return {
		why: 'session',
		error: isFlood ? Object.assign(error, { code: FLOOD }) : error,
	};
}

/** What nghttp2 returns when too much waits to be answered, and Node when too many frames were worth nothing. */
const NGHTTP2_ERR_FLOODED = -904;
const TOO_MANY_INVALID = 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES';

/** The end with what the session said of it: one that broke closes its carrier first, and says why after that. */
export function moreTelling(
	end: TunnelEnd,
	sessionError: (Error & { code?: string; errno?: number }) | undefined,
): TunnelEnd {
	if (!sessionError || (end.why !== 'carrier' && end.why !== 'session')) {
		return end;
	}
	const { code, errno } = sessionError;
	if (errno === NGHTTP2_ERR_FLOODED || code === TOO_MANY_INVALID) {
		return {
			why: 'session',
			error: Object.assign(sessionError, { code: FLOOD }),
		};
	}
	return end.why === 'carrier' ? { why: 'session', error: sessionError } : end;
}
