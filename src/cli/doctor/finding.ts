import type { OutcomeKind } from '../../outcome.js';

/** `note` tells, `warning` may pass by itself, `failure` has to be mended by somebody. */
export type Grade = 'ok' | 'note' | 'warning' | 'failure';

/** What one check saw, and what to do about it. */
export interface Finding {
	readonly check: string;
	readonly grade: Grade;
	/** One sentence. */
	readonly seen: string;
	readonly advice?: string;
	/** Where a real attempt was made: how it ended. */
	readonly kind?: OutcomeKind;
	/** The node has accepted this device, in its own name. */
	readonly accepted?: true;
}

/** How long each check that touches the network may take. */
export const CHECK_TIMEOUT_MS = 5000;

/** Makes the findings of one check. */
export const findings = (check: string) => ({
	ok: (seen: string): Finding => ({ check, grade: 'ok', seen }),
	note: (seen: string, advice?: string): Finding => ({
		check,
		grade: 'note',
		seen,
		advice,
	}),
	warning: (seen: string, advice: string): Finding => ({
		check,
		grade: 'warning',
		seen,
		advice,
	}),
	failure: (seen: string, advice: string): Finding => ({
		check,
		grade: 'failure',
		seen,
		advice,
	}),
});
