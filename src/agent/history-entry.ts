import type { Outcome } from '../outcome.js';
import type { TransportName } from '../transport.js';

/** How something ended: no cause, which may hold anything, and nothing that grows. */
export type Ending = Pick<Outcome, 'kind' | 'code' | 'message'>;

/** One attempt and, where it led to a link, that link. */
export interface HistoryEntry {
	/** When the attempt began, in milliseconds since 1970 by this machine's clock. */
	readonly at: number;
	readonly transport: TransportName;
	/** `host:port`; undefined where the transport has no choice of node. */
	readonly node: string | undefined;
	/** How long the attempt took; undefined while it runs. */
	readonly tookMs: number | undefined;
	/** How long its link was the current one; undefined where there was none, or it still is. */
	readonly lastedMs: number | undefined;
	/** What it came to so far; `given-up`: another attempt was made instead, and nobody waited for this one. */
	readonly result: 'connecting' | 'up' | 'ended' | 'failed' | 'given-up';
	/** How the attempt failed, or its link ended. */
	readonly ending: Ending | undefined;
}
