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
		// Where a second link may be made, only a whole attempt tells all; where it may not, the link is left alone.
		if (transport.handover === 'break-before-make' && transport.probe) {
			await transport.probe(request);
			return finding.ok(`${node.name} answers (${took()}).`);
		}
		const link = await transport.dial(request);
		await link.close(0);
		return device
			? {
					...finding.ok(`The node accepts this device (${took()}).`),
					accepted: true,
				}
			: finding.ok(
					`A Cloudlink node answers, and lets anybody in (${took()}).`,
				);
	} catch (error) {
		return error instanceof DialError
			? judgeOutcome(check, error.outcome, device !== undefined, node.port)
			: finding.failure(
					toError(error).message,
					'Please report this with the line above.',
				);
	}
}
