/**
 * The first packet of OpenVPN's handshake and its answer (OpenVPN protocol, "Wire protocol", reliability
 * layer). It carries no credentials; whoever answers it is an OpenVPN server.
 *
 *   opcode and key id (1) | session id (8) | count of acks (1) | [acks (4 each) | their session id (8)] | packet id (4)
 */
const CLIENT_V2 = 7;
const SERVER_V2 = 8;
/** The opcode is the first byte's upper five bits. */
const OPCODE = 8;

export const SESSION_ID_BYTES = 8;

/** Enough for the answer, with as many acks as the format allows. */
export const LONGEST_ANSWER = 64;

/** P_CONTROL_HARD_RESET_CLIENT_V2 with packet id 0. */
export function hardReset(sessionId: Uint8Array): Buffer {
	return Buffer.concat([
		Buffer.from([CLIENT_V2 * OPCODE]),
		sessionId,
		Buffer.from([0, 0, 0, 0, 0]),
	]);
}

/** Whether this is P_CONTROL_HARD_RESET_SERVER_V2 in answer to our packet. */
export function isAnswer(packet: Buffer, sessionId: Uint8Array): boolean {
	if (packet.length < 10 || Math.floor(packet[0]! / OPCODE) !== SERVER_V2) {
		return false;
	}
	const acks = packet[9]!;
	const at = 10 + 4 * acks;
	return (
		acks > 0 && packet.subarray(at, at + SESSION_ID_BYTES).equals(sessionId)
	);
}

/** Over TCP each packet has its length before it, two bytes. */
export function framed(packet: Buffer): Buffer {
	const length = Buffer.alloc(2);
	length.writeUInt16BE(packet.length);
	return Buffer.concat([length, packet]);
}

/**
 * The first packet of a TCP stream: undefined while it is not whole, `malformed` where what comes cannot
 * be the answer.
 */
export function firstPacket(stream: Buffer): Buffer | 'malformed' | undefined {
	if (stream.length < 2) {
		return undefined;
	}
	const length = stream.readUInt16BE(0);
	if (length === 0 || length > LONGEST_ANSWER) {
		return 'malformed';
	}
	return stream.length < 2 + length
		? undefined
		: stream.subarray(2, 2 + length);
}
