import { DialError } from '../../outcome.js';
import { systemClock, systemRandom } from '../../runtime/index.js';
import { toError } from '../../errors.js';
import type { DialRequest, NodeAddress, Transport } from '../../transport.js';
import { judgeOutcome } from './advice.js';
import { CHECK_TIMEOUT_MS, findings, type Finding } from './finding.js';

/** Nobody's: a node that knows its devices answers it with "who are you?", which is all that is asked. */
const NOBODY = { uuid: '00000000000000000000000000000000', key: 'doctor' };

/**
 * Makes one real attempt, by the code that the agent dials with, so that it fails as the agent's would. Without `device`
 * it is made in nobody's name: the device's own link is not touched. Transports that can ask without
 * credentials do that.
 */
export async function checkCarrier(
	transport: Transport,
	node: NodeAddress,
	device?: DialRequest['device'],
): Promise<Finding> {
	const check = transport.name;
	const finding = findings(check);
	const request: DialRequest = {
		node,
		device: device ?? NOBODY,
		services: [],
		deadlineMs: CHECK_TIMEOUT_MS,
		livenessMs: 60_000,
		signal: new AbortController().signal,
		runtime: { clock: systemClock, random: systemRandom },
	};
	const startMs = systemClock.monotonicMs();
	const took = () => `${Math.round(systemClock.monotonicMs() - startMs)} ms`;
	try {
		if (transport.probe) {
			await transport.probe(request);
			return finding.ok(`${node.name} answers (${took()}).`);
		}
		const link = await transport.dial(request);
		await link.close(0);
		return finding.ok(
			device
				? `The node accepts this device (${took()}).`
				: `A Cloudlink node answers, and lets anybody in (${took()}).`,
		);
	} catch (error) {
		return error instanceof DialError
			? judgeOutcome(check, error.outcome, device !== undefined)
			: finding.failure(
					toError(error).message,
					'Please report this with the line above.',
				);
	}
}
