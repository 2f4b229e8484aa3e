import type { Found, NodeChoice, NodeEntry } from '../nodes/index.js';
import type { Clock } from '../runtime/index.js';

/** Where nodes come from: how they are read, looked up and chosen. */
export interface NodeSource {
	/** Reads the option `nodes`; throws a CloudlinkError that names the entry. */
	readonly parse: (texts: readonly string[]) => readonly NodeEntry[];
	/** Asks DNS. Rejects only with the signal's reason. */
	readonly lookUp: (
		nodes: readonly NodeEntry[],
		clock: Clock,
		signal: AbortSignal,
	) => Promise<Found>;
	readonly choice: NodeChoice;
}
