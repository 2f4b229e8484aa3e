import * as v from '../../schema.js';

import { systemClock, type Clock } from '../../runtime/index.js';
import { checkOptions, count, durationMs, port } from '../../options.js';

/** What a device is told that the limiter turned away. */
export type Throttle =
	/** TCP: a reset right after the accept. UDP: silence. */
	| 'reset'
	/** TCP: 503 without Retry-After. UDP: BUSY without a time. */
	| 'refuse'
	/** 429 with the time of the device's place in the queue. */
	| 'slots'
	/** 429 with this time, the same for all. */
	| { readonly retryAfterSeconds: number };

/** Why a device's TLS should refuse the nodes' certificate. */
export type CertificateFlaw =
	'wrong-host' | 'expired' | 'not-yet-valid' | 'unknown-ca';

/** Decides whether a device may come in; a rejection of the promise counts as no. */
export type Authenticate = (
	uuid: string,
	key: string,
) => boolean | Promise<boolean>;

/** What a {@link MockCloudlink} is made of; all of it may be absent. */
export interface MockCloudlinkOptions {
	/** How many nodes. @default 1 */
	readonly nodes?: number;
	/** Whether the TCP carrier is `wss://` (UDP always has TLS). @default false */
	readonly tls?: boolean;
	/** Gives the nodes a certificate that a device must refuse. @default none */
	readonly certificateFlaw?: CertificateFlaw;
	/** The ports of the nodes, in order. @default free ones */
	readonly ports?: readonly number[];
	/** The port of the CONNECT proxy. @default a free one */
	readonly proxyPort?: number;
	/** How many devices each node lets in, in the long run. @default Infinity */
	readonly acceptRatePerSecond?: number;
	/** How many it lets in at once after a quiet time. @default one second's worth, at least 1 */
	readonly burst?: number;
	/** What the others are told. @default 'slots' */
	readonly throttle?: Throttle;
	/** Told to each device that is let in: how long the node's devices need to come back after a cut. @default not told */
	readonly reconnectWindowMs?: number;
	/** @default any device may come in */
	readonly authenticate?: Authenticate;
	/** What limiter, deadlines and slow handshakes go by. @default the machine's clock */
	readonly clock?: Clock;
}

const seconds = v.pipe(
	v.number('must be a number of seconds'),
	v.minValue(0, 'must not be negative'),
);
const rate = v.pipe(
	v.number('must be a number'),
	v.minValue(0, 'must not be negative'),
);

const schema = v.strictObject({
	nodes: v.optional(count(), 1),
	tls: v.optional(v.boolean('must be true or false'), false),
	certificateFlaw: v.optional(
		v.picklist(
			['wrong-host', 'expired', 'not-yet-valid', 'unknown-ca'],
			'must be wrong-host, expired, not-yet-valid or unknown-ca',
		),
	),
	ports: v.optional(v.array(port)),
	proxyPort: v.optional(port),
	acceptRatePerSecond: v.optional(rate, Infinity),
	burst: v.optional(rate),
	throttle: v.optional(
		v.union(
			[
				v.picklist(['reset', 'refuse', 'slots']),
				v.strictObject({ retryAfterSeconds: seconds }),
			],
			'must be reset, refuse, slots or { retryAfterSeconds }',
		),
		'slots',
	),
	reconnectWindowMs: v.optional(durationMs),
	authenticate: v.optional(
		v.custom<Authenticate>(
			(value) => typeof value === 'function',
			'must be a function',
		),
		() => () => true,
	),
	clock: v.optional(
		v.custom<Clock>(
			(value) => typeof value === 'object' && value !== null,
			'must be a clock',
		),
		() => systemClock,
	),
});

/** The options with their defaults filled in. */
export type MockSettings = v.InferOutput<typeof schema> & {
	readonly burst: number;
};

export function mockSettings(options: MockCloudlinkOptions): MockSettings {
	const checked = checkOptions(schema, options, 'MockCloudlink.start');
	return {
		...checked,
		burst: checked.burst ?? Math.max(1, checked.acceptRatePerSecond),
	};
}
