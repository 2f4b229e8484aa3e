import { toError } from '../errors.js';
import { DialError, outcome } from '../outcome.js';
import type { DialRequest, Transport } from '../transport.js';

/** What a transport can say of itself before it dials. */
export type TransportFace = Omit<Transport, 'dial' | 'probe' | 'release'>;

/** What it does, and what costs memory. */
export type TransportWork = Pick<Transport, 'dial' | 'probe' | 'release'>;

/**
 * A transport of which only the face is loaded until it is first dialled: a device pays for what it uses. The loader is an
 * `import()` with `webpackMode: "eager"`, by which webpack keeps one file.
 */
export function loadWhenUsed(
	face: TransportFace,
	load: () => Promise<TransportWork>,
): Transport {
	let loading: Promise<TransportWork> | undefined;

	const loaded = async ({ signal }: DialRequest): Promise<TransportWork> => {
		signal.throwIfAborted();
		try {
			const work = await (loading ??= load());
			signal.throwIfAborted();
			return work;
		} catch (thrown) {
			signal.throwIfAborted();
			loading = undefined;
			const cause = toError(thrown);
			throw new DialError(
				outcome(
					'transport-failed',
					`The ${face.name} transport could not be loaded: ${cause.message}. Restart where the package was replaced.`,
					{ cause },
				),
			);
		}
	};

	// Not a spread: what a face says may change, and is read each time.
	return Object.assign(face, {
		dial: async (request: DialRequest) =>
			await (await loaded(request)).dial(request),
		probe: async (request: DialRequest) => {
			await (await loaded(request)).probe?.(request);
		},
		release: async () => {
			await (await loading?.catch(() => undefined))?.release?.();
		},
	});
}
