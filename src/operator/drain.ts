import { toError } from '../errors.js';
import { checkOptions, durationMs } from '../options.js';
import { systemClock, wait, type Clock } from '../runtime/index.js';
import * as v from '../schema.js';

/** Over how long {@link drain} spaces its cuts, and what ends it. */
export interface DrainOptions {
	/** The time that the cuts are spread over, evenly. */
	readonly overMs: number;
	/** Ends it: no further client is cut. */
	readonly signal?: AbortSignal;
	/** A cut that takes longer has failed. @default 10000 */
	readonly replyMs?: number;
	/** What time is taken from. @default the machine's clock */
	readonly clock?: Clock;
}

/**
 * Cuts one client. Resolves with the reply of openvpn's management interface, or with undefined where there is no reply to
 * check; the signal is aborted when the time for it is over.
 */
export type Cut<Client> = (
	client: Client,
	signal: AbortSignal,
) => Promise<string | undefined>;

/** What a drain has done. */
export interface DrainReport<Client> {
	/** Clients that were cut. */
	readonly cut: number;
	/** Those whose cut failed, and why; most have gone by themselves meanwhile. */
	readonly failed: ReadonlyArray<{
		readonly client: Client;
		readonly reason: string;
	}>;
	/** Those that were not reached, since the signal was aborted. */
	readonly left: readonly Client[];
}

const schema = v.strictObject({
	overMs: durationMs,
	replyMs: v.optional(durationMs, 10_000),
	signal: v.optional(
		v.custom<AbortSignal>(
			(value) => value instanceof AbortSignal,
			'must be an AbortSignal',
		),
	),
	clock: v.optional(
		v.custom<Clock>(
			(value) => typeof value === 'object' && value !== null,
			'must be a clock',
		),
		() => systemClock,
	),
});

/**
 * Cuts clients one after the other, evenly over a time. It is spaced by how many are given, so give those that are connected
 * *now* (`parseStatus2` of a fresh `status 2`), and no others. One cut is under way at a time, and none comes before
 * its moment: slow replies make the drain longer, never denser.
 *
 * Never rejects for a cut that fails or for the signal: the report says who is left. Throws
 * ERR_CLOUDLINK_INVALID_OPTION.
 *
 * @example
 * const clients = parseStatus2(await management.command('status 2'));
 * const window = windowSeconds(clients.length, 100);
 * const report = await drain(
 * 	clients,
 * 	({ cid }) => management.command(clientKill(cid, { windowSeconds: window })),
 * 	{ overMs: 60_000, signal },
 * );
 */
export async function drain<Client>(
	clients: Iterable<Client>,
	cut: Cut<Client>,
	options: DrainOptions,
): Promise<DrainReport<Client>> {
	const settings = checkOptions(schema, options, 'drain()');
	const { overMs, signal, clock } = settings;
	const all = [...clients];
	const failed: Array<{ client: Client; reason: string }> = [];
	const startMs = clock.monotonicMs();
	let done = 0;
	for (const client of all) {
		const dueMs = startMs + (overMs * done) / all.length;
		if (!(await isReached(dueMs, clock, signal))) {
			break;
		}
		const reason = await problemOf(client, cut, settings);
		if (reason !== undefined) {
			failed.push({ client, reason });
		}
		done += 1;
	}
	return { cut: done - failed.length, failed, left: all.slice(done) };
}

/** Waits for a moment; false where the signal came first. */
async function isReached(
	dueMs: number,
	clock: Clock,
	signal: AbortSignal | undefined,
): Promise<boolean> {
	try {
		// Node's timers may be early by the part of a millisecond.
		for (
			let leftMs = dueMs - clock.monotonicMs();
			leftMs > 0;
			leftMs = dueMs - clock.monotonicMs()
		) {
			await wait(clock, leftMs, signal);
		}
		return signal?.aborted !== true;
	} catch {
		return false;
	}
}

/** Cuts one; undefined where it succeeded. */
async function problemOf<Client>(
	client: Client,
	cut: Cut<Client>,
	{ clock, replyMs }: { clock: Clock; replyMs: number },
): Promise<string | undefined> {
	const late = new AbortController();
	const timer = clock.setTimer(replyMs, () => {
		late.abort(new Error(`There was no reply within ${replyMs / 1000} s.`));
	});
	try {
		const silence = new Promise<never>((_, reject) => {
			late.signal.addEventListener('abort', () => {
				reject(late.signal.reason as Error);
			});
		});
		const reply = await Promise.race([cut(client, late.signal), silence]);
		return reply === undefined || reply.startsWith('SUCCESS')
			? undefined
			: reply;
	} catch (error) {
		return toError(error).message;
	} finally {
		timer.cancel();
	}
}
