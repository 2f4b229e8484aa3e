import { createHash } from 'node:crypto';

import * as v from '../schema.js';

/** When something was written down, on every clock there is, since none can be trusted alone. */
export interface Stamp {
	readonly wallMs: number;
	readonly bootId?: string;
	readonly bootMs: number;
}

/** One state of the file, as it was written. */
export interface StateRecord {
	readonly stamp: Stamp;
	/** What is kept, as JSON; the file knows nothing of its inside. */
	readonly document: unknown;
}

/** Raised when the layout of the file changes. */
const VERSION = 2;

const headerSchema = v.object({
	cloudlinkAgentState: v.picklist([1, VERSION]),
	sha256: v.string(),
});

const stampSchema = v.object({
	wallMs: v.pipe(v.number(), v.finite()),
	bootId: v.optional(v.string()),
	bootMs: v.pipe(v.number(), v.finite()),
});

const bodySchema = v.object({ stamp: stampSchema, document: v.unknown() });

/** The first layout had the parts of the document beside the stamp, and no version of their own. */
const firstBodySchema = v.object({
	stamp: stampSchema,
	sections: v.looseObject({}),
});

const sha256 = (text: string) =>
	createHash('sha256').update(text).digest('hex');

/** Two lines of JSON: a header with version and checksum, and the body that the checksum is of. */
export function encodeState(record: StateRecord): string {
	const body = JSON.stringify(record);
	const header = { cloudlinkAgentState: VERSION, sha256: sha256(body) };
	return `${JSON.stringify(header)}\n${body}\n`;
}

/** Throws an Error that says what is wrong where the text is not exactly what was once written. */
export function decodeState(text: string): StateRecord {
	const [first = '', body = '', rest] = text.split('\n');
	const header = v.safeParse(headerSchema, parseJson(first));
	if (!header.success) {
		throw new Error('It is not a state file of this version.');
	}
	if (rest !== '' || sha256(body) !== header.output.sha256) {
		throw new Error(
			'Its checksum is wrong: it was damaged, or changed by hand.',
		);
	}
	const json = parseJson(body);
	if (header.output.cloudlinkAgentState === 1) {
		const { stamp, sections } = v.parse(firstBodySchema, json);
		return { stamp, document: { ...sections, version: 1 } };
	}
	const current = v.parse(bodySchema, json);
	return { ...current, document: current.document };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Nothing is taken to be older than this; what the agent remembers has faded by then. */
export const OLDEST_MS = 7 * 24 * 3_600_000;

/**
 * How long ago something was written. Within one boot the time since boot tells, whatever was done to the
 * wall clock; across boots only the wall clock is left. Never negative, and never beyond a week, for a
 * device without a battery for its clock may believe to be in 1970.
 */
export function ageOf(then: Stamp, now: Stamp): number {
	const sameBoot = then.bootId !== undefined && then.bootId === now.bootId;
	const ageMs = sameBoot ? now.bootMs - then.bootMs : now.wallMs - then.wallMs;
	return Math.min(OLDEST_MS, Math.max(0, ageMs));
}
