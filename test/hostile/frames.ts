/** Frames by our own hand, so that they can be wrong: HTTP/2 (RFC 9113) and WebSocket (RFC 6455). */
export const UUID = 'a1b2c3d4e5f60718';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
export const PRIORITY_UPDATE = 16;

export const ACK = 1;
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PADDED = 8;

export const NOTHING = Buffer.alloc(0);

/** One HTTP/2 frame (RFC 9113, 4.1); `length` lies about the payload where it is given. */
export function frame(
	type: number,
	flags: number,
	stream: number,
	payload: Buffer = NOTHING,
	length = payload.length,
): Buffer {
	const head = Buffer.alloc(9);
	head.writeUIntBE(length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

/** A header field as a literal that is never indexed (RFC 7541, 6.2.3); short names and values only. */
export function field(name: string, value: string): Buffer {
	const literal = (text: string) =>
		Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
	return Buffer.concat([Buffer.from([0x10]), literal(name), literal(value)]);
}

export const connectTo = (port: number): Buffer =>
	Buffer.concat([
		field(':method', 'CONNECT'),
		field(':authority', `${UUID}.balena:${port}`),
	]);

export const request = (method: string, path: string): Buffer =>
	Buffer.concat([
		field(':method', method),
		field(':scheme', 'http'),
		field(':path', path),
		field(':authority', 'device'),
	]);

export const open = (stream: number, port: number): Buffer =>
	frame(HEADERS, END_HEADERS, stream, connectTo(port));

export const GREETING = Buffer.concat([
	PREFACE,
	frame(SETTINGS, 0, 0),
	frame(SETTINGS, ACK, 0),
]);

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const WS_PING = 9;
export const WS_PONG = 10;

/** One WebSocket frame of a server; `length` lies about the payload where it is given. */
export function wsFrame(
	payload: Buffer,
	{
		opcode = BINARY,
		fin = true,
		reserved = 0,
		length = payload.length,
		masked = false,
	}: {
		opcode?: number;
		fin?: boolean;
		reserved?: number;
		length?: number;
		/** As a server must not (RFC 6455, 5.1). */
		masked?: boolean;
	} = {},
): Buffer {
	if (masked) {
		const masking = Buffer.from([0x80 + opcode, 0x80 + payload.length]);
		return Buffer.concat([masking, Buffer.alloc(4), payload]);
	}
	const first = (fin ? 0x80 : 0) + reserved + opcode;
	if (length < 126) {
		return Buffer.concat([Buffer.from([first, length]), payload]);
	}
	if (length < 65_536) {
		const short = Buffer.from([first, 126, 0, 0]);
		short.writeUInt16BE(length, 2);
		return Buffer.concat([short, payload]);
	}
	const head = Buffer.alloc(10);
	head[0] = first;
	head[1] = 127;
	head.writeBigUInt64BE(BigInt(length), 2);
	return Buffer.concat([head, payload]);
}

/** So many copies of something. */
export const times = (count: number, bytes: Buffer): Buffer =>
	Buffer.concat(Array<Buffer>(count).fill(bytes));

/** Stream ids of a client: 1, 3, 5... */
export const ids = (count: number, first = 1): number[] =>
	Array.from({ length: count }, (_, index) => first + 2 * index);
