import { DialError, type Outcome } from '../../src/outcome.js';
import { systemClock, systemRandom } from '../../src/runtime/index.js';
import type {
	DialRequest,
	NodeAddress,
	Transport,
} from '../../src/transport.js';
import { UUID } from './tunnel-pair.js';

export const KEY = 'the-device-key';

/** `host:port` as an address to dial. */
export function addressOf(name: string): NodeAddress {
	const [, host, port] = /^(.*):(\d+)$/.exec(name)!;
	return { name, host: host!.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** A request with everything that a test does not care about. */
export function dialRequest(
	node: string | NodeAddress,
	overrides: Partial<DialRequest> = {},
): DialRequest {
	return {
		node: typeof node === 'string' ? addressOf(node) : node,
		device: { uuid: UUID, key: KEY },
		services: [],
		deadlineMs: 10_000,
		livenessMs: 30_000,
		signal: new AbortController().signal,
		runtime: { clock: systemClock, random: systemRandom },
		...overrides,
	};
}

/** The outcome of a dial that must fail. */
export async function failedDial(
	transport: Transport,
	request: DialRequest,
): Promise<Outcome> {
	try {
		const link = await transport.dial(request);
		await link.close(0);
	} catch (thrown) {
		if (thrown instanceof DialError) {
			return thrown.outcome;
		}
		throw thrown;
	}
	throw new Error('The dial should have failed.');
}
