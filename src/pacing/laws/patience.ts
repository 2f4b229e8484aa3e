/** The numbers of this law; see `PacingOptions` for each. */
export interface PatienceNumbers {
	readonly patienceMs: number;
	readonly longestPatienceMs: number;
}

/** How long an attempt goes on in silence once its connection was taken. */
export interface Patience {
	/** Until then nothing else is tried. */
	readonly aloneMs: number;
	/** Until then it is kept open beside later attempts, since it may hold a place in a queue; from its beginning on. */
	readonly keptMs: number;
}

/** While a place is kept, the next attempt waits this much longer with each refusal, up to twice the first. */
const BESIDE_GROWTH = 2;
const BESIDE_MOST = 2;
/** Where none can be kept, patience itself has to outlast the queue. */
const ALONE_GROWTH = 4;
/** A further node, beside the attempt that is kept at the first. */
const NEXT_NODE_MS = 3000;
/** A place in a queue that was served after so long is waited for this much longer the next time. */
const AGAIN = 1.5;
/** What was answered sooner was no queue. */
const QUEUE_MS = 10_000;

/**
 * A node that queues serves one after the other, and who leaves loses its place and leaves a dead entry that costs
 * the node a turn all the same. So the first attempt that was taken and stays silent is never thrown away: it is
 * kept for `longestPatienceMs` while others are made beside it, and the first that is answered wins. With n
 * refusals of this episode, the next one comes after
 *
 *     first x min(2, 2^n)                            65 s, 130 s, 130 s, ...
 *
 * Where there is another way (a transport that may get through where this one is blocked), that is tried at once; and
 * nodes that were not asked yet are gone through quickly, once: what the first attempt holds is not lost by that.
 * A transport that can only hold one attempt (an attached openvpn) keeps none, and each lasts
 *
 *     min(longest, max(first, learned) x 4^n)        65 s, 260 s, 17 min, 1 h
 */
export function patience(
	{ patienceMs: first, longestPatienceMs: longest }: PatienceNumbers,
	learnedMs: number,
	refusals: number,
	keepable: boolean,
	otherWay = false,
	next = false,
): Patience {
	if (keepable && next) {
		return { aloneMs: Math.min(first, NEXT_NODE_MS), keptMs: longest };
	}
	if (keepable && otherWay && refusals === 0) {
		return { aloneMs: 0, keptMs: longest };
	}
	if (keepable) {
		const times = Math.min(BESIDE_MOST, BESIDE_GROWTH ** refusals);
		return {
			aloneMs:
				first * Math.max(times, Math.min(BESIDE_MOST, learnedMs / first)),
			keptMs: longest,
		};
	}
	const growth = next ? 1 : ALONE_GROWTH ** refusals;
	const grown = Math.max(first, learnedMs) * growth;
	return { aloneMs: Math.min(longest, grown), keptMs: 0 };
}

/** What to expect of the next herd's queue, after an attempt that was answered after so long. */
export function learnedPatienceMs(learnedMs: number, tookMs: number): number {
	return tookMs > QUEUE_MS
		? Math.max(learnedMs, AGAIN * tookMs)
		: Math.floor(learnedMs / 2);
}
