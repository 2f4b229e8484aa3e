import type { BucketRate } from './token-bucket.js';

/** What a node can cost the device, each with a name and a default. `docs/protocol.md` lists them. */
export interface TunnelLimits {
	/** Streams open at once; the node is told, and one more is refused. @default 1024 */
	readonly maxStreams: number;
	/** Bytes of one request's headers. @default 8192 */
	readonly maxHeaderBytes: number;
	/** Headers of one request, the pseudo-headers included. @default 32 */
	readonly maxHeaderPairs: number;
	/** Bytes of one HTTP/2 frame; the standard allows no less than the default. @default 16384 */
	readonly maxFrameBytes: number;
	/**
	 * What may lie unread in all streams together, in bytes, each chunk charged with 2 KiB more than it holds. Beyond it
	 * the stream that holds the most is reset. @default 12 MiB
	 */
	readonly maxBufferedBytes: number;
	/**
	 * DATA that may come while our SETTINGS wait for their acknowledgement, in bytes. A node that keeps to the standard
	 * can send 4 MiB. @default 8 MiB
	 */
	readonly maxUnacknowledgedBytes: number;
	/**
	 * From the start of the session to the node's SETTINGS, in ms. Silence there may be a place in a queue, so the
	 * attempt's own deadline is meant to come first. @default 3600000
	 */
	readonly handshakeMs: number;
	/** How long a service may take to accept a connection, in ms. @default 10000 */
	readonly serviceConnectMs: number;
	/** Bytes of a hint, as a request's body or as a GOAWAY's data. @default 4096 */
	readonly maxHintBytes: number;
	/** How long the body of a hint may take to arrive, in ms. @default 10000 */
	readonly hintBodyMs: number;
	/** How fast the node may open streams. @default 1000 a second, 2048 at once */
	readonly streamOpens: BucketRate;
	/**
	 * How fast the node may reset streams (CVE-2023-44487). As many a second, and an eighth at once, may be reset by
	 * `maxBufferedBytes`. @default 30 a second, 1000 at once
	 */
	readonly streamResets: BucketRate;
	/**
	 * Bytes of data that the node may send for streams that are gone, beside what may be on its way when we reset one.
	 * @default 256 KiB a second, 8 MiB at once
	 */
	readonly lateData: BucketRate;
	/**
	 * How many control frames the node may send that nothing of ours gave cause to: PING, SETTINGS, PRIORITY, RST_STREAM,
	 * WINDOW_UPDATE, unknown ones, and WebSocket ping and pong. @default 100 a second, 800 at once
	 */
	readonly controlFrames: BucketRate;
	/**
	 * How many empty DATA or WebSocket frames or pieces of the connection the node may send; one with a payload counts
	 * for less, and from 256 bytes on for nothing. @default 8192 a second, 131072 at once
	 */
	readonly smallFrames: BucketRate;
	/** How many requests the node may make that are not for a service of this device. @default 50 a second, 10000 at once */
	readonly refusals: BucketRate;
	/** How many hints the node may give. @default 5 a second, 200 at once */
	readonly hints: BucketRate;
}

export const DEFAULT_LIMITS: TunnelLimits = {
	maxStreams: 1024,
	maxHeaderBytes: 8192,
	maxHeaderPairs: 32,
	maxFrameBytes: 16_384,
	maxBufferedBytes: 12 * 1024 * 1024,
	maxUnacknowledgedBytes: 8 * 1024 * 1024,
	handshakeMs: 3_600_000,
	serviceConnectMs: 10_000,
	maxHintBytes: 4096,
	hintBodyMs: 10_000,
	streamOpens: { perSecond: 1000, burst: 2048 },
	streamResets: { perSecond: 30, burst: 1000 },
	lateData: { perSecond: 256 * 1024, burst: 8 * 1024 * 1024 },
	controlFrames: { perSecond: 100, burst: 800 },
	smallFrames: { perSecond: 8192, burst: 131_072 },
	refusals: { perSecond: 50, burst: 10_000 },
	hints: { perSecond: 5, burst: 200 },
};
