import { parseNodes } from '../../nodes/index.js';
import { DialError } from '../../outcome.js';
import { systemClock, systemRandom } from '../../runtime/index.js';
import type { NodeAddress, Transport } from '../../transport.js';
import { toError } from '../../errors.js';
import { judgeOutcome } from '../doctor/advice.js';
import { examineNodes } from '../doctor/examine.js';
import { findings, type Finding } from '../doctor/finding.js';
import { checkOpenvpn } from '../doctor/openvpn.js';
import type { Env } from '../settings/types.js';
import { makeCarriage } from './fleet/transports.js';
import type { Device } from './keys.js';
import type { RehearsalOptions } from './options.js';

/** A node may wait ten seconds before it says that a key is wrong (open-balena-vpn does). */
const LOGIN_MS = 30_000;

/**
 * What `doctor` checks, and then one login with the first key over each transport: what is wrong is said once, and not by
 * every device.
 */
export async function* checkFirst(
	options: RehearsalOptions,
	env: Env,
): AsyncGenerator<Finding> {
	const { ca, insecure = false, openvpnBinary = 'openvpn' } = options;
	const ownsOpenvpn = options.transports.some((name) =>
		name.startsWith('openvpn'),
	);
	if (ownsOpenvpn) {
		yield await checkOpenvpn(openvpnBinary, true);
	}
	const nodes = parseNodes(options.nodes);
	const transports = makeCarriage(options);
	yield* examineNodes({
		nodes,
		transports,
		alternatives: [],
		ca,
		insecure,
		ownsOpenvpn,
		env,
	});
	const device = options.agents[0] ?? options.stock[0];
	for (const node of nodes) {
		for (const transport of node.srv === undefined && device
			? transports
			: []) {
			yield await logIn(transport, node, device!);
		}
	}
}

async function logIn(
	transport: Transport,
	node: NodeAddress,
	device: Device,
): Promise<Finding> {
	const check = transport.name;
	const finding = findings(check);
	try {
		const link = await transport.dial({
			node,
			device,
			services: [],
			deadlineMs: LOGIN_MS,
			livenessMs: 60_000,
			signal: new AbortController().signal,
			runtime: { clock: systemClock, random: systemRandom },
		});
		await link.close(0);
		return finding.ok('The node accepts the first of the keys.');
	} catch (error) {
		return error instanceof DialError
			? judgeOutcome(check, error.outcome, true, node.port)
			: finding.failure(toError(error).message, 'Please report this.');
	}
}
