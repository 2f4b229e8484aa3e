import type { Random } from '../../../runtime/index.js';
import type { Address } from '../wire/address.js';
import type { NextToken } from '../wire/frames.js';
import type { HandshakeOptions } from './handshake.js';

/** What a connection begins with. */
export interface ConnectionOptions extends HandshakeOptions {
	readonly peer: Address;
	readonly nowMs: number;
	readonly random: Random;
	readonly randomBytes: (bytes: number) => Buffer;
	/** The measured round trip of HELLO and RETRY. */
	readonly roundTripMs?: number;
	/** @default RECEIVE_WINDOW_BYTES */
	readonly receiveWindowBytes?: number;
	/** Nothing authentic for this long ends the connection. @default IDLE_TIMEOUT_MS */
	readonly idleTimeoutMs?: number;
	/** @default KEEPALIVE_MS */
	readonly keepaliveMs?: readonly [from: number, to: number];
	/** Packets that may be sent. @default PACKET_NUMBER_LIMIT */
	readonly packetNumberLimit?: number;
	/** Packets under one key of epoch 1. @default KEY_UPDATE_PACKETS */
	readonly keyUpdatePackets?: number;
	/** What a node tells its device once the keys are confirmed. */
	readonly resetToken?: Buffer;
	readonly newToken?: NextToken;
}
