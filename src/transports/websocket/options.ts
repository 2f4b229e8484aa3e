import { X509Certificate } from 'node:crypto';
import * as v from '../../schema.js';

import { checkOptions, count, durationMs } from '../../options.js';
import type { TunnelLimits } from '../../tunnel/index.js';
import type { Lookup } from './addresses.js';
import { parseProxy } from '../proxy-choice.js';

/** What `websocket()` takes; all of it may be absent. */
export interface WebsocketOptions {
	/**
	 * The certificate authorities to trust, as PEM, *instead of* those that Node brings. To trust both, give
	 * `[...tls.rootCertificates, mine]`.
	 */
	readonly ca?: string | readonly string[];
	/** No TLS (`ws://`): for loopback and tests only, since the device key is readable on the wire. @default false */
	readonly insecure?: boolean;
	/**
	 * The HTTP proxy to go through, `http://[user:password@]host:port` or `https://...`; false for none. By
	 * default the environment decides at each dial: HTTPS_PROXY (HTTP_PROXY with `insecure`), ALL_PROXY and
	 * NO_PROXY, in either case; loopback is never proxied then.
	 */
	readonly proxy?: string | false;
	/** The name that TLS asks for and verifies. @default the node's host */
	readonly servername?: string;
	/** @default '/cloudlink/v1' */
	readonly path?: string;
	/** From when on a link counts as stable. @default 60000 */
	readonly stableAfterMs?: number;
	/** What a node can cost the device. The defaults are in `docs/protocol.md`. */
	readonly limits?: Partial<TunnelLimits>;
	/** Resolves names. @default node:dns lookup */
	readonly lookup?: Lookup;
}

const rate = v.strictObject({ perSecond: count(), burst: count() });

const limits = v.partial(
	v.strictObject({
		maxStreams: count(),
		maxHeaderBytes: count(1024),
		maxHeaderPairs: count(4),
		maxFrameBytes: v.pipe(
			count(16_384),
			v.maxValue(2 ** 24 - 1, 'must be at most 16777215'),
		),
		maxBufferedBytes: count(),
		maxUnacknowledgedBytes: count(),
		handshakeMs: durationMs,
		serviceConnectMs: durationMs,
		maxHintBytes: count(),
		hintBodyMs: durationMs,
		streamOpens: rate,
		streamResets: rate,
		lateData: rate,
		controlFrames: rate,
		smallFrames: rate,
		refusals: rate,
		hints: rate,
	}),
);

const CERTIFICATE =
	/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Every certificate of it can be read, and there is one at least. */
function isPem(text: string): boolean {
	const blocks = text.match(CERTIFICATE) ?? [];
	try {
		return blocks.map((block) => new X509Certificate(block)).length > 0;
	} catch {
		return false;
	}
}

const pem = v.pipe(
	v.string('must be PEM text'),
	v.check(isPem, 'must hold certificates in PEM form'),
);

/** The options of every carrier of a native link. */
export const nativeOptions = {
	ca: v.optional(
		v.union(
			[pem, v.array(pem)],
			'must be a text that holds certificates in PEM form (no path, no Buffer), or a list of such',
		),
	),
	servername: v.optional(v.string('must be a host name')),
	path: v.optional(
		v.pipe(
			v.string('must be a path'),
			v.regex(/^\/[^\s#]*$/, 'must be a path that begins with /'),
		),
	),
	stableAfterMs: v.optional(durationMs),
	limits: v.optional(limits),
	lookup: v.optional(v.function('must be a function')),
};

/** docs/configuration.md is tested against it. */
export const websocketSchema = v.strictObject({
	...nativeOptions,
	insecure: v.optional(v.boolean('must be true or false')),
	proxy: v.optional(
		v.union(
			[
				v.literal(false),
				v.pipe(
					v.string(),
					v.check((text) => parseProxy(text) !== undefined),
				),
			],
			'must be the URL of a proxy (http://host:port or https://host:port), or false',
		),
	),
});

export function checkWebsocketOptions(options: WebsocketOptions): void {
	checkOptions(websocketSchema, options, 'websocket()');
}
