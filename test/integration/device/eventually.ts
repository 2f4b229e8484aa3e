import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails with what was seen last. A generous deadline: the machine may be busy. */
export async function eventually<T>(
	what: string,
	look: () => T | undefined | false | Promise<T | undefined | false>,
	{ withinMs = 15_000 }: { withinMs?: number } = {},
): Promise<T> {
	const untilMs = performance.now() + withinMs;
	for (;;) {
		const seen = await look();
		if (seen !== undefined && seen !== false) {
			return seen;
		}
		if (performance.now() > untilMs) {
			throw new Error(`It did not come to this within ${withinMs} ms: ${what}`);
		}
		await sleep(20);
	}
}
