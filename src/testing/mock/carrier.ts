import type { Duplex } from 'node:stream';

import type { CarrierFault } from './faults.js';
import type { Refusal } from './upgrade.js';

/** One connection of a device to a node, whatever carries it. */
export interface Connection {
	readonly carrier: 'tcp' | 'udp';
	/** Bytes to and from the device, in clear text. */
	readonly stream: Duplex;
	/** What its upgrade is answered, by a fault, instead of what the node thinks. */
	readonly answer?: Refusal;
	/** Ends it as abruptly as the carrier can. */
	reset(): void;
	/** Passes nothing any more, and closes nothing. */
	silence(): void;
}

/** What becomes of a device that has just come. */
export type Arrival =
	| 'serve'
	/** TCP: a reset. UDP: silence. */
	| 'drop'
	/** UDP only: BUSY, with or without a time. */
	| { readonly busySeconds: number | undefined };

/** What a carrier asks of its node. */
export interface CarrierHost {
	/** A device has come; nothing is known of it yet. */
	judge(carrier: 'tcp' | 'udp'): Arrival;
	/** It speaks HTTP from here on. */
	serve(connection: Connection): void;
}

/** One way in which devices reach a node. */
export interface NodeCarrier {
	/** Applies to what is live now, and to whoever comes. */
	setFault(fault: CarrierFault): Promise<void>;
	/** Lets devices come. */
	open(): Promise<void>;
	/** Lets nobody come, and cuts what is live as a crash of the node would. */
	crash(): Promise<void>;
	/** Ends all and frees all. */
	close(): Promise<void>;
}
