import type { Clock } from '../runtime/index.js';
import type { Link } from '../transport.js';

/** What a node answered when it was asked over the live link. */
export interface Ping {
	readonly answered: boolean;
	readonly roundTripMs?: number;
	/** One sentence. */
	readonly reason: string;
}

/** Asks the node over a link for an answer, now. */
export async function pingLink(
	link: Link | undefined,
	clock: Clock,
	deadlineMs: number,
): Promise<Ping> {
	if (!link) {
		return { answered: false, reason: 'There is no link to ask over.' };
	}
	const { node, transport } = link;
	const startMs = clock.monotonicMs();
	const sign = await link.checkLiveness?.(deadlineMs);
	if (sign === undefined) {
		const reason = `A link over ${transport} cannot be asked.`;
		return { answered: false, reason };
	}
	if (sign === 'dead') {
		const reason = `Nothing came from ${node} over ${transport} within ${deadlineMs / 1000} s.`;
		return { answered: false, reason };
	}
	const roundTripMs = clock.monotonicMs() - startMs;
	return {
		answered: true,
		roundTripMs,
		reason: `${node} answers over ${transport}: ${roundTripMs.toFixed(1)} ms.`,
	};
}
