import type { Random } from '../../../runtime/index.js';
import type { Connection } from '../connection/connection.js';
import type { Address } from '../wire/address.js';
import type { HalfOpenLimits } from './half-open.js';

/**
 * What a node says to a device whose address is proven and which asks for a connection: come in; come later
 * (with or without a time); or nothing at all.
 */
export type Admission =
	'accept' | 'busy' | 'silent' | { readonly busySeconds: number };

export interface AcceptorLimits extends HalfOpenLimits {
	/** Connections in all. @default 20000 */
	readonly connections: number;
	/** Connections whose device has not logged in, in all and from one IPv4 address or IPv6 /56. @default 1024, 256 */
	readonly halfOpen: number;
	readonly halfOpenPerAddress: number;
	/** HELLOs and worthless INITs a second that are answered for one prefix: /24, or /56 of IPv6. @default 5000 */
	readonly questionsPerPrefix: number;
	/** Stateless resets a second. @default 100 */
	readonly resetsPerSecond: number;
}

export const ACCEPTOR_LIMITS: AcceptorLimits = {
	connections: 20_000,
	halfOpen: 1024,
	halfOpenPerAddress: 256,
	questionsPerPrefix: 5000,
	resetsPerSecond: 100,
};

/** Whoever has taken a new connection. */
export interface Holder {
	receive(datagram: Buffer, from: Address, nowMs: number): void;
	/** Its place is needed: it ends now, and is removed. */
	drop(nowMs: number): void;
}

export interface AcceptorOptions {
	/** Asked once for each attempt, when its INIT has proven the address and before TLS costs anything. */
	readonly admit: (remote: Address) => Admission;
	readonly onConnection: (connection: Connection, nowMs: number) => Holder;
	readonly send: (datagram: Buffer, to: Address) => void;
	/** Of this node alone; the same after a restart if resets and tokens shall outlive it. */
	readonly secret: Buffer;
	readonly limits?: Partial<AcceptorLimits>;
	readonly random: Random;
	readonly randomBytes: (bytes: number) => Buffer;
	readonly wallMs: () => number;
	readonly nowMs: number;
}
