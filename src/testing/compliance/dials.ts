import { DialError, type Outcome } from '../../outcome.js';
import { systemClock, systemRandom, wait } from '../../runtime/index.js';
import type {
	DialRequest,
	Link,
	NodeAddress,
	Transport,
} from '../../transport.js';

export const UUID = 'c0ffee00c0ffee00';
export const KEY = 'a-key-that-nobody-may-print';
/** Far above what anything takes; a busy machine is no failure. */
export const PATIENCE_MS = 15_000;

/** What is dialled, and by what. */
interface Dialled {
	readonly transport: Transport;
	readonly node: NodeAddress;
}

/** A dial of the world's node; what the test does not name is as usual. */
export function request(
	{ node }: Dialled,
	overrides: Partial<DialRequest> = {},
): DialRequest {
	return {
		node,
		device: { uuid: UUID, key: KEY },
		services: [],
		deadlineMs: PATIENCE_MS,
		livenessMs: 30_000,
		signal: new AbortController().signal,
		runtime: { clock: systemClock, random: systemRandom },
		...overrides,
	};
}

export async function dial(
	world: Dialled,
	overrides?: Partial<DialRequest>,
): Promise<Link> {
	return await soon(world.transport.dial(request(world, overrides)));
}

/** The outcome of a dial that must fail. */
export async function failedDial(
	world: Dialled,
	overrides?: Partial<DialRequest>,
): Promise<Outcome> {
	const thrown: unknown = await soon(
		world.transport.dial(request(world, overrides)).then(
			() => new Error('The dial should have failed.'),
			(error: unknown) => error,
		),
	);
	if (thrown instanceof DialError) {
		return thrown.outcome;
	}
	throw thrown;
}

/** Fails where it does not come in time. */
export async function soon<T>(work: Promise<T>): Promise<T> {
	const done = new AbortController();
	try {
		return await Promise.race([
			work,
			wait(systemClock, PATIENCE_MS, done.signal).then(() => {
				throw new Error(`Nothing happened for ${PATIENCE_MS} ms.`);
			}),
		]);
	} finally {
		done.abort(new Error('It happened.'));
	}
}

/** Waits until it holds. */
export async function until(holds: () => boolean): Promise<void> {
	const endMs = systemClock.monotonicMs() + PATIENCE_MS;
	do {
		await wait(systemClock, 10);
		if (holds()) {
			return;
		}
	} while (systemClock.monotonicMs() < endMs);
	throw new Error(`It did not come true within ${PATIENCE_MS} ms.`);
}

export function openHandles(): number {
	return process
		.getActiveResourcesInfo()
		.filter((name) => /TCP|TLS|UDP|Timeout/.test(name)).length;
}
