/** The first byte of a frame. */
export const FRAME = {
	padding: 0x00,
	ping: 0x01,
	ack: 0x02,
	stream: 0x03,
	/** STREAM whose last byte is the stream's last. */
	streamEnd: 0x04,
	pathChallenge: 0x05,
	pathResponse: 0x06,
	newToken: 0x07,
	keyConfirm: 0x08,
	close: 0x09,
} as const;

/** Why a connection is closed, as CLOSE tells it. */
export const CLOSE = {
	/** Both ends have everything. */
	done: 0,
	/** The application let go of the stream before its end. */
	aborted: 1,
	/** The other end broke a rule of the protocol. */
	violation: 2,
	/** The packet numbers are used up. */
	numbersUsedUp: 3,
	/** The node is closing for all. */
	goingAway: 4,
} as const;

/** Packet numbers that were received, both ends included. */
export interface Range {
	low: number;
	high: number;
}

/** What a device is given for its next connection to the same node. */
export interface NextToken {
	readonly serverId: Buffer;
	/** Never shown again: the keys of that connection's epoch 0 are made from it. */
	readonly secret: Buffer;
	/** Shown in INIT. */
	readonly token: Buffer;
}

export type Frame =
	| { readonly type: 'ping' }
	| {
			readonly type: 'ack';
			readonly ranges: readonly Range[];
			readonly delayMs: number;
			/** The stream offset up to which the other end may send. */
			readonly limit: number;
	  }
	| {
			readonly type: 'stream';
			readonly offset: number;
			readonly data: Buffer;
			readonly fin: boolean;
	  }
	| { readonly type: 'path-challenge' | 'path-response'; readonly data: Buffer }
	| ({ readonly type: 'new-token' } & NextToken)
	| { readonly type: 'key-confirm'; readonly resetToken: Buffer }
	| { readonly type: 'close'; readonly code: number };

/** Control frames of fixed content: kept as they were encoded, and resent when they are lost. */
export type ControlFrame = Buffer;

/** Type, offset and length in front of a segment. */
export const STREAM_HEADER_BYTES = 1 + 6 + 2;

/** The ACK delay is told in tenths of a millisecond. */
export const DELAY_UNITS_PER_MS = 10;
export const ACK_HEADER_BYTES = 1 + 2 + 6 + 1;
export const RANGE_BYTES = 8;
