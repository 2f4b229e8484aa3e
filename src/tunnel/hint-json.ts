import { boundedMs, type Hint } from '../hint.js';

type Fields = Record<string, unknown>;

/** Reads one known field; undefined if its value cannot be used. */
type Reader<T> = (value: unknown) => T | undefined;

const seconds: Reader<number> = (value) =>
	typeof value === 'number' ? boundedMs(value * 1000) : undefined;

const share: Reader<number> = (value) =>
	typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;

const flag: Reader<boolean> = (value) =>
	typeof value === 'boolean' ? value : undefined;

/** The fields of `docs/protocol.md`, and where each goes. */
const FIELDS: Record<string, { to: keyof Hint; read: Reader<unknown> }> = {
	reconnectWindowSeconds: { to: 'reconnectWindowMs', read: seconds },
	retryAfterSeconds: { to: 'retryAfterMs', read: seconds },
	drainDeadlineSeconds: { to: 'drainDeadlineMs', read: seconds },
	nodeAgeSeconds: { to: 'nodeAgeMs', read: seconds },
	nodeLoad: { to: 'nodeLoad', read: share },
	goElsewhere: { to: 'goElsewhere', read: flag },
};

/**
 * A hint as JSON: the body of a hint request, the data of a GOAWAY, the reason of a close frame. All or
 * nothing: undefined if it is not an object or a known field has a value that cannot be used. Unknown
 * fields are left out, so that a newer node can say more than an older device understands.
 */
export function parseHintJson(text: string): Hint | undefined {
	const fields = parseObject(text);
	if (!fields) {
		return undefined;
	}
	const hint: Record<string, unknown> = {};
	for (const [name, { to, read }] of Object.entries(FIELDS)) {
		if (Object.hasOwn(fields, name)) {
			const value = read(fields[name]);
			if (value === undefined) {
				return undefined;
			}
			hint[to] = value;
		}
	}
	return hint;
}

function parseObject(text: string): Fields | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null && !Array.isArray(value)
			? (value as Fields)
			: undefined;
	} catch {
		return undefined;
	}
}
