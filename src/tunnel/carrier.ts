import type { Duplex } from 'node:stream';

import type { TunnelLimits } from './limits.js';
import type { SendPath } from './pump.js';

/** Sees what passes over a carrier. */
export interface CarrierGuard {
	/** What came, in the pieces in which it may be read. */
	receive(bytes: Buffer): readonly Buffer[];
	/** What is sent. */
	send(bytes: Buffer): void;
	/** The peer broke a limit in what carries the tunnel. */
	breach(limit: keyof TunnelLimits): void;
}

/** A stream of bytes that counts them, as sockets do. */
export type Carrier = Duplex & {
	readonly bytesRead: number;
	readonly bytesWritten: number;
	/** Bytes that came on any layer of it, where it can tell. @default bytesRead */
	readonly bytesReceived?: number;
	/** Whether as much is on its way as the path drains in about a second; {@link onRoom} is called when it no longer is. */
	readonly congested?: boolean;
	/** How much one source should hand over at a time, in bytes. @default no bound */
	readonly piece?: number;
	onRoom?: () => void;
	/** Set by the tunnel; asked about each message before it is passed on. */
	guard?: CarrierGuard;
};

/** The way to the node: who waits for room on it is told when there is some. */
export function sendPathOf(carrier: Carrier): SendPath {
	const waiting = new Set<() => void>();
	carrier.onRoom = () => {
		const now = [...waiting];
		waiting.clear();
		for (const goOn of now) {
			goOn();
		}
	};
	return {
		get congested() {
			return carrier.congested === true;
		},
		get piece() {
			return carrier.piece ?? Infinity;
		},
		onceRoom: (callback) => {
			waiting.add(callback);
			return () => waiting.delete(callback);
		},
	};
}
