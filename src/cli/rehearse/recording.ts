import { readFileSync } from 'node:fs';

import { toError } from '../../errors.js';
import { checkOptions, count } from '../../options.js';
import * as v from '../../schema.js';
import {
	HINT_MODES,
	type HintMode,
	type NodeCapacity,
} from '../../simulator/index.js';
import { usageError } from '../exit.js';
import type { Share } from './keys.js';

/** Changes when what is written changes its meaning. */
const FORMAT = 'cloudlink-rehearsal-1';

/** What was rehearsed: the whole of it, of which a process may have run a share. */
export interface RehearsalSetup extends NodeCapacity {
	/** Agents. */
	readonly devices: number;
	/** Stock openvpn clients beside them. */
	readonly stock: number;
	/** What the nodes say; for the twin alone. */
	readonly hints: HintMode;
	readonly retryAfterSeconds: number;
	/** How they dialled, and what cut them, in a few words. */
	readonly summary: string;
}

/** Clients of one kind that lost their link. */
export interface RecordedGroup {
	readonly name: string;
	/** When each was back, in milliseconds from the cut; null for one that was not. */
	readonly backMs: ReadonlyArray<number | null>;
	/** How often each dialled, from the cut on. */
	readonly attempts: readonly number[];
}

/** What one process saw. */
export interface Recording {
	readonly format: typeof FORMAT;
	readonly setup: RehearsalSetup;
	readonly share: Share;
	/** When the cut was, in milliseconds since 1970, by this machine's clock. */
	readonly cutAtMs: number;
	readonly groups: readonly RecordedGroup[];
	/** When clients dialled, in milliseconds from the cut on. */
	readonly attemptsMs: readonly number[];
	/** How attempts ended that made no link, by the code of their outcome (`docs/outcomes.md`). */
	readonly outcomes: Readonly<Record<string, number>>;
	/** Clients that had no link when the cut came. */
	readonly notUp: number;
	/** How late the events of this process were at worst: its part in the figures. */
	readonly worstLagMs: number;
}

const amount = v.pipe(v.number('must be a number'), v.finite('must be finite'));
const numbers = v.array(amount);
const share = v.strictObject({ index: count(0), of: count() });

const schema = v.strictObject({
	format: v.literal(FORMAT, `must be ${FORMAT}`),
	setup: v.strictObject({
		devices: count(0),
		stock: count(0),
		// JSON has no Infinity.
		acceptRate: v.nullable(amount),
		rejectCost: amount,
		rejectDebtSeconds: v.nullable(amount),
		hints: v.picklist(HINT_MODES, `must be one of ${HINT_MODES.join(', ')}`),
		retryAfterSeconds: amount,
		summary: v.string('must be text'),
	}),
	share,
	cutAtMs: amount,
	groups: v.array(
		v.strictObject({
			name: v.string('must be text'),
			backMs: v.array(v.nullable(amount)),
			attempts: numbers,
		}),
	),
	attemptsMs: numbers,
	outcomes: v.record(v.string(), amount),
	notUp: count(0),
	worstLagMs: amount,
});

export const newRecording = (
	recording: Omit<Recording, 'format'>,
): Recording => ({ format: FORMAT, ...recording });

/** The output of `rehearse --json`: as a whole, or the last line of a log that holds it. */
function lastJson(text: string): unknown {
	const candidates = [text, ...text.trimEnd().split('\n').reverse()];
	for (const candidate of candidates) {
		try {
			const parsed = JSON.parse(candidate) as unknown;
			if (typeof parsed === 'object' && parsed !== null) {
				return parsed;
			}
		} catch {
			// A line of the log.
		}
	}
	return undefined;
}

/** Reads what `rehearse --json` printed; throws a usage error that names the file. */
export function readRecording(file: string): Recording {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch (error) {
		throw usageError(toError(error).message);
	}
	const output = lastJson(text) as { recording?: unknown } | undefined;
	if (output?.recording === undefined) {
		throw usageError(`${file}: it is not what \`rehearse --json\` prints.`);
	}
	const { setup, ...rest } = checkOptions(schema, output.recording, file);
	return {
		...rest,
		setup: {
			...setup,
			acceptRate: setup.acceptRate ?? Infinity,
			rejectDebtSeconds: setup.rejectDebtSeconds ?? Infinity,
		},
	};
}
