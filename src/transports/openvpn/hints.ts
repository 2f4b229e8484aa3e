import { secondsToMs, type Hint } from '../../hint.js';

/** What was understood, and what was not (for a warning in the log). */
export interface ParsedHint {
	readonly hint?: Hint;
	readonly ignored?: string;
}

const NOTHING: ParsedHint = {};

type Field = 'retryAfterMs' | 'reconnectWindowMs';

/**
 * Takes `key=SECONDS` from words between spaces, commas and semicolons. A known key with a bad number
 * spoils the whole: half a hint is worse than none.
 */
function parseWords(text: string, keys: Record<string, Field>): ParsedHint {
	const hint: { -readonly [F in Field]?: number } = {};
	for (const word of text.split(/[\s,;]+/)) {
		const at = word.indexOf('=');
		const key = word.slice(0, Math.max(0, at));
		const field = Object.hasOwn(keys, key) ? keys[key]! : undefined;
		if (!field) {
			continue;
		}
		const ms = secondsToMs(word.slice(at + 1));
		if (ms === undefined) {
			return { ignored: word };
		}
		hint[field] ??= ms;
	}
	return Object.keys(hint).length > 0 ? { hint } : NOTHING;
}

/** `push "echo cloudlink reconnect-window=SECONDS"`: told at connect, kept for the next loss. */
export function parseEchoHint(text: string): ParsedHint {
	const found = /^cloudlink (.*)$/.exec(text);
	if (!found) {
		return NOTHING;
	}
	const parsed = parseWords(found[1]!, {
		'reconnect-window': 'reconnectWindowMs',
	});
	return parsed.hint ? parsed : { ignored: parsed.ignored ?? text };
}

/**
 * The reason of an AUTH_FAILED. `retry-after=SECONDS` or `slot=SECONDS` anywhere in it, or openvpn 2.6's
 * own `TEMP[backoff SECONDS,advance addr|remote|no]:text`. `temporary` says that the node asks for patience,
 * with a number or without.
 */
export function parseAuthFailure(
	reason: string,
): ParsedHint & { readonly temporary: boolean } {
	const temp = /^TEMP(?:\[([^\]]*)\])?(?::(.*))?$/.exec(reason);
	const words = parseWords(temp ? (temp[2] ?? '') : reason, {
		'retry-after': 'retryAfterMs',
		slot: 'retryAfterMs',
	});
	if (!temp) {
		return { ...words, temporary: words.hint !== undefined };
	}
	const flags = (temp[1] ?? '').split(',').map((flag) => flag.trim());
	const backoff = flags.find((flag) => flag.startsWith('backoff '));
	const backoffMs = secondsToMs(backoff?.slice('backoff '.length));
	const hint: Hint = {
		...(backoffMs === undefined ? {} : { retryAfterMs: backoffMs }),
		...words.hint,
		...(flags.includes('advance remote') ? { goElsewhere: true } : {}),
	};
	return {
		temporary: true,
		...(Object.keys(hint).length > 0 ? { hint } : {}),
		...(backoff !== undefined && backoffMs === undefined
			? { ignored: backoff }
			: { ignored: words.ignored }),
	};
}

/**
 * The text after RESTART: `window=SECONDS`, the time that the node's clients are asked to spread over.
 * Openvpn's own flags may stand before it: `[P]` keep the password, `[N]` go to the next remote.
 */
export function parseRestart(message: string): ParsedHint {
	const found = /^(?:\[([A-Z]*)\])?(.*)$/.exec(message);
	const elsewhere = found?.[1]?.includes('N')
		? { goElsewhere: true }
		: undefined;
	const words = parseWords(found?.[2] ?? '', { window: 'reconnectWindowMs' });
	const hint = { ...words.hint, ...elsewhere };
	return {
		...(Object.keys(hint).length > 0 ? { hint } : {}),
		ignored: words.ignored,
	};
}
