import { DialError, outcome, type Outcome } from '../outcome.js';
import { CloudlinkError, toError } from '../errors.js';
import type { Dial } from '../decisions/index.js';
import type { DialRequest, Transport } from '../transport.js';
import { deadline } from './deadline.js';
import { readKey } from './key.js';
import { hold, type Held } from './links.js';
import type { ResolvedOptions } from './options.js';

/** How much longer than its deadline a transport may take before it is given up: openvpn has 5 s to end on SIGTERM. */
const MARGIN_MS = 7_000;

/** What was thrown by a dial, as an outcome. */
export function outcomeOf(thrown: unknown): Outcome {
	if (thrown instanceof DialError) {
		return thrown.outcome;
	}
	// A transport that breaks its contract, or a bug: the loop goes on all the same.
	const cause = toError(thrown);
	return outcome('transport-failed', `The transport failed: ${cause.message}`, {
		cause,
	});
}

function transportOf(
	{ target }: Dial,
	{ transports }: ResolvedOptions,
): Transport {
	return transports.find(({ name }) => name === target.transport)!;
}

async function withRequest<T>(
	{ node, connectDeadlineMs, aloneMs, keptMs }: Dial,
	options: ResolvedOptions,
	signal: AbortSignal,
	work: (request: DialRequest) => Promise<T>,
	onConnected?: () => void,
): Promise<T> {
	const { device, runtime } = options;
	const deadlineMs = connectDeadlineMs + Math.max(aloneMs, keptMs);
	// Before the bound begins: a slow key must not be taken for a transport that hangs.
	const key = await readKey(
		device.key,
		connectDeadlineMs,
		runtime.clock,
		signal,
	);
	const giveUpAfter = (ms: number) => ({
		afterMs: ms + MARGIN_MS,
		reason: () =>
			new DialError(
				outcome(
					'transport-failed',
					`The attempt did not end within its deadline of ${ms} ms.`,
				),
			),
	});
	const bound = deadline(runtime.clock, signal, giveUpAfter(connectDeadlineMs));
	try {
		return await work({
			...(node ? { node } : {}),
			device: { uuid: device.uuid, ...(key === undefined ? {} : { key }) },
			services: options.services,
			connectDeadlineMs,
			deadlineMs,
			onConnected: () => {
				bound.extend(giveUpAfter(deadlineMs));
				onConnected?.();
			},
			livenessMs: options.livenessMs,
			signal: bound.signal,
			runtime,
		});
	} finally {
		bound.release();
	}
}

export interface DialHooks {
	readonly warn: (warning: CloudlinkError) => void;
	/** The connection was taken: silence from here on may be a place in a queue. */
	readonly onConnected: () => void;
}

/** Makes one attempt. Rejects with a DialError, with the signal's reason, or with whatever a transport threw. */
export async function dial(
	plan: Dial,
	options: ResolvedOptions,
	signal: AbortSignal,
	{ warn, onConnected }: DialHooks,
): Promise<Held> {
	const transport = transportOf(plan, options);
	if (transport.needsNode && plan.node === undefined) {
		throw new DialError(
			outcome('dns-failed', 'DNS lists no node behind the configured names.'),
		);
	}
	return await withRequest(
		plan,
		options,
		signal,
		async (request) => {
			const link = await transport.dial({
				...request,
				warn: (message) => {
					warn(new CloudlinkError('ERR_CLOUDLINK_HINT', message));
				},
			});
			if (signal.aborted) {
				await link.close(0);
				signal.throwIfAborted();
			}
			return hold(
				link,
				plan.target,
				request.device.uuid,
				options.runtime.clock.monotonicMs(),
			);
		},
		onConnected,
	);
}

/** Asks, without credentials, whether the way is open; for transports that cannot dial beside a live link. */
export async function probe(
	plan: Dial,
	options: ResolvedOptions,
	signal: AbortSignal,
): Promise<void> {
	await withRequest(plan, options, signal, async (request) => {
		await transportOf(plan, options).probe?.(request);
	});
}
