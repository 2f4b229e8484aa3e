import type { LookupAddress } from 'node:dns';

import pRetry from 'p-retry';

import { systemClock } from './runtime/index.js';

interface UnderWay {
	readonly sinceMs: number;
	readonly answer: Promise<LookupAddress[]>;
}

/** One that takes longer may be asking a name server that is no longer there, so another one is begun beside it. */
const JOIN_WITHIN_MS = 5000;

/**
 * getaddrinfo holds one of Node's four worker threads until it answers, for half a minute where DNS is dead, and cannot be
 * called back. Files need those threads too.
 */
const MOST_OF_ONE_NAME = 2;

const underWay = new Map<string, UnderWay[]>();

/** For "ask again later": so many times, the first time after so long, then after twice that. */
const RETRIES = 2;
const FIRST_RETRY_MS = 500;

/**
 * Asks again where the resolver itself says that its trouble may be over soon (EAI_AGAIN: no name server answered, as
 * in the first seconds of a network). That a name does not exist is an answer, and is not asked for again.
 */
export async function askAgain<T>(
	ask: () => Promise<T>,
	firstMs = FIRST_RETRY_MS,
): Promise<T> {
	return await pRetry(ask, {
		retries: RETRIES,
		minTimeout: firstMs,
		factor: 2,
		randomize: true,
		// Nobody's exit waits for it.
		unref: true,
		shouldRetry: ({ error }) =>
			(error as NodeJS.ErrnoException).code === 'EAI_AGAIN',
	});
}

/** Node's dns costs half a megabyte: an agent whose openvpn has its own node looks nothing up. */
async function lookUpAll(host: string): Promise<LookupAddress[]> {
	const { lookup } = await import('node:dns/promises');
	return await lookup(host, { all: true, verbatim: true });
}

/**
 * All addresses of a host, in the order of the system's resolver (getaddrinfo, which also reads the hosts file and asks
 * mDNS). Whoever asks for a name that is being looked up gets that answer.
 */
export async function systemLookup(host: string): Promise<LookupAddress[]> {
	const running = underWay.get(host) ?? [];
	const youngest = running.at(-1);
	const nowMs = systemClock.monotonicMs();
	if (
		youngest &&
		(nowMs - youngest.sinceMs < JOIN_WITHIN_MS ||
			running.length >= MOST_OF_ONE_NAME)
	) {
		return await youngest.answer;
	}
	const begun: UnderWay = {
		sinceMs: nowMs,
		answer: askAgain(async () => await lookUpAll(host)),
	};
	underWay.set(host, [...running, begun]);
	try {
		return await begun.answer;
	} finally {
		const left = (underWay.get(host) ?? []).filter((one) => one !== begun);
		if (left.length > 0) {
			underWay.set(host, left);
		} else {
			underWay.delete(host);
		}
	}
}
