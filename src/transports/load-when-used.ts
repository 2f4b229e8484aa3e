import { toError } from '../errors.js';
import { DialError, outcome } from '../outcome.js';
import type { DialRequest, EngageRequest, Transport } from '../transport.js';
import { classifyExhaustion } from './native/system-error.js';

/** What a transport can say of itself before it dials. */
export type TransportFace = Omit<
	Transport,
	'dial' | 'probe' | 'engage' | 'release'
>;

/** What it does, and what costs memory. */
export type TransportWork = Pick<
	Transport,
	'dial' | 'probe' | 'engage' | 'release'
>;

/**
 * A transport of which only the face is loaded until it is first dialled: a device pays for what it uses. The loader is an
 * `import()` with `webpackMode: "eager"`, by which webpack keeps one file. One that `engages` is loaded at the agent's start.
 */
export function loadWhenUsed(
	face: TransportFace,
	load: () => Promise<TransportWork>,
	{ engages = false }: { readonly engages?: boolean } = {},
): Transport {
	let loading: Promise<TransportWork> | undefined;
	// At the call, where the mistake was made.
	face.validate?.();

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
				classifyExhaustion(cause, `to load the ${face.name} transport`) ??
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
		// Whoever can be dialled beside a live link has no probe, and must not seem to have one: it would always be content.
		...(face.handover === 'break-before-make'
			? {
					probe: async (request: DialRequest) => {
						await (await loaded(request)).probe?.(request);
					},
				}
			: {}),
		...(engages
			? {
					engage: (request: EngageRequest) => {
						loading ??= load();
						loading.then(
							(work) => work.engage?.(request),
							// The first dial tries again, and says why it fails.
							() => (loading = undefined),
						);
					},
				}
			: {}),
		release: async () => {
			await (await loading?.catch(() => undefined))?.release?.();
		},
	});
}
