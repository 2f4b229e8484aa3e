import type { ControlFrame } from '../wire/frames.js';
import type { Segment } from './send-stream.js';

/** A packet that asked for an ACK and has none yet. */
export interface SentPacket {
	readonly packetNumber: number;
	readonly sentMs: number;
	readonly bytes: number;
	readonly segments: readonly Segment[];
	/** Control frames that are sent again when this packet is lost. */
	readonly control: readonly ControlFrame[];
}
