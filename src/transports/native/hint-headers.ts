import type { IncomingHttpHeaders } from 'node:http';

import {
	httpDateMs,
	parseRetryAfter,
	secondsToMs,
	type Hint,
} from '../../hint.js';

const single = (value: string | string[] | undefined): string | undefined =>
	Array.isArray(value) ? value[0] : value;

function share(text: string | undefined): number | undefined {
	const value = /^\d(\.\d{1,9})?$/.test(text ?? '') ? Number(text) : NaN;
	return value <= 1 ? value : undefined;
}

/**
 * What a node said in the headers of its answer to the upgrade: `docs/protocol.md` lists them. A header that
 * does not parse is left out, since it says nothing about the others. Undefined when nothing was said.
 */
export function parseHintHeaders(
	headers: IncomingHttpHeaders,
	wallMs: number,
): Hint | undefined {
	const text = (name: string) => single(headers[name]);
	const said: Hint = {
		retryAfterMs: parseRetryAfter(
			text('retry-after'),
			// By the answer's own clock (RFC 9110, 6.6.1): the device's may be wrong.
			httpDateMs(text('date')) ?? wallMs,
		),
		reconnectWindowMs: secondsToMs(text('cloudlink-reconnect-window')),
		nodeAgeMs: secondsToMs(text('cloudlink-node-age')),
		nodeLoad: share(text('cloudlink-node-load')),
		goElsewhere: text('cloudlink-go-elsewhere') === '1' ? true : undefined,
	};
	const entries = Object.entries(said).filter(
		([, value]) => value !== undefined,
	);
	return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
