import { LEAST_MTU, MIN_DATAGRAM_BYTES } from '../wire/limits.js';

/** How a connection ended. */
export type End =
	/** Both ends have everything. */
	| { readonly reason: 'done' }
	/** We let go of it. */
	| { readonly reason: 'aborted' }
	/** The other end closed it, with one of the codes of CLOSE. */
	| { readonly reason: 'closed'; readonly code: number }
	/** The node has restarted and knows nothing of it. */
	| { readonly reason: 'reset' }
	/** Nothing came for too long. */
	| { readonly reason: 'idle' }
	/** The node answered, but the handshake did not get done in time. */
	| { readonly reason: 'handshake-timeout' }
	/** Not one answer came. */
	| { readonly reason: 'no-answer' }
	/** The node says come later; without a time when it told none. */
	| { readonly reason: 'busy'; readonly retryAfterSeconds?: number }
	/** The node speaks other versions than ours. */
	| { readonly reason: 'version'; readonly versions: readonly number[] }
	/** The other end broke a rule. */
	| { readonly reason: 'violation'; readonly rule: string }
	/** The other end sent too many packets that were worth nothing. */
	| { readonly reason: 'flood' }
	/** The packet numbers are used up. */
	| { readonly reason: 'numbers-used-up' }
	/** The path carries no datagram that is large enough. */
	| { readonly reason: 'mtu' }
	/** The path carries no datagrams any more that are as large as ours. */
	| { readonly reason: 'black-hole' }
	/** The system refuses the datagrams (ICMP, no route). */
	| { readonly reason: 'refused'; readonly cause: NodeJS.ErrnoException };

/** What a BUSY means; 0 seconds = no time was told. */
export const busyEnd = (retryAfterSeconds: number): End =>
	retryAfterSeconds > 0
		? { reason: 'busy', retryAfterSeconds }
		: { reason: 'busy' };

const SENTENCES: { readonly [R in End['reason']]: string } = {
	done: 'The UDP connection ended in order.',
	aborted: 'The UDP connection was cut here.',
	closed: 'The node closed the UDP connection.',
	reset:
		'The node has restarted and does not know the UDP connection any more.',
	idle: 'Nothing came over the UDP connection for too long.',
	'handshake-timeout':
		'The node answered over UDP, but the handshake was not done in time.',
	'no-answer': 'No answer came over UDP: it is blocked, or the node is down.',
	busy: 'The node is busy and asks to come back later.',
	version: 'The node speaks another version of the UDP protocol.',
	violation: 'The other end broke a rule of the UDP protocol.',
	flood: 'The other end sent too many UDP packets that were worth nothing.',
	'numbers-used-up':
		'The UDP connection has sent all the packets that one may.',
	mtu: `The path to the node carries no datagrams of ${MIN_DATAGRAM_BYTES} bytes: it needs an MTU of ${LEAST_MTU}.`,
	'black-hole':
		'The path carries small datagrams and no large ones any more: its MTU has shrunk.',
	refused: 'The system refused to carry datagrams to the node.',
};

/** The codes that a TCP socket's errors would have, so that what stands above need not tell the two apart; TCP knows no flood. */
const CODES: Partial<Record<End['reason'], string>> = {
	closed: 'ECONNRESET',
	reset: 'ECONNRESET',
	'numbers-used-up': 'ECONNRESET',
	idle: 'ETIMEDOUT',
	'handshake-timeout': 'ETIMEDOUT',
	'no-answer': 'ETIMEDOUT',
	'black-hole': 'ETIMEDOUT',
	flood: 'ERR_UDP_FLOOD',
};

/** What a stream is destroyed with when its connection did not end in order. */
export class UdpEndError extends Error {
	readonly code: string | undefined;

	constructor(readonly end: End) {
		const detail = end.reason === 'violation' ? ` (${end.rule})` : '';
		const cause = end.reason === 'refused' ? end.cause : undefined;
		super(SENTENCES[end.reason] + detail, { cause });
		this.name = 'UdpEndError';
		this.code = cause?.code ?? CODES[end.reason];
	}
}
