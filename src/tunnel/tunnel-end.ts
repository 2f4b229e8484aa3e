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
