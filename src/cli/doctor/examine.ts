import type { NodeEntry } from '../../nodes/index.js';
import { systemNetwork } from '../../device/network-watch.js';
import { systemClock } from '../../runtime/index.js';
import type {
	DialRequest,
	NodeAddress,
	Transport,
	TransportName,
} from '../../transport.js';
import { chooseProxy } from '../../transports/proxy-choice.js';
import type { Env } from '../settings/types.js';
import { checkCarrier } from './carrier.js';
import { findings, type Finding } from './finding.js';
import { checkClock, checkNetwork, checkProxy } from './host.js';
import { checkOpenvpn, checkTun } from './openvpn.js';
import { checkOpenvpnConfig } from './openvpn-config.js';
import { checkDns, findService } from './dns.js';
import { checkTcp, checkTls } from './reach.js';

/** What is examined. */
export interface Patient {
	readonly nodes: readonly NodeEntry[];
	readonly transports: readonly Transport[];
	/** Not asked for, but good to know about: the other carrier of the same kind. */
	readonly alternatives: readonly Transport[];
	/** Dial in the device's own name. */
	readonly device?: DialRequest['device'];
	readonly ca?: string;
	readonly insecure: boolean;
	readonly proxy?: string;
	/** Whether the agent would run an openvpn itself. */
	readonly ownsOpenvpn: boolean;
	readonly openvpnBinary?: string;
	/** The path of the client configuration, where an openvpn that the agent runs uses one. */
	readonly openvpnConfig?: string;
	readonly env: Env;
}

/** Examines the device itself: nothing leaves it. */
export async function examineHost(patient: Patient): Promise<Finding[]> {
	const { ownsOpenvpn } = patient;
	return [
		checkClock(systemClock.wallMs()),
		...checkNetwork(systemNetwork.snapshot()),
		checkProxy(patient.env, patient),
		await checkOpenvpn(patient.openvpnBinary ?? 'openvpn', ownsOpenvpn),
		checkTun(ownsOpenvpn),
		...(patient.openvpnConfig === undefined
			? []
			: checkOpenvpnConfig(
					patient.openvpnConfig,
					patient.transports.map(({ name }) => name),
				)),
	];
}

/** Behind a proxy neither TCP nor TLS reach the node by themselves. */
function usesProxy(node: NodeAddress, { proxy, insecure }: Patient): boolean {
	const option = proxy === 'none' ? false : proxy;
	try {
		return chooseProxy(node, option, insecure) !== undefined;
	} catch {
		return true;
	}
}

/** Of a service with more nodes than this, the first are examined. */
const MOST_OF_A_SERVICE = 4;

/** Examines the way to every node that is known. */
export async function* examineNodes(patient: Patient): AsyncGenerator<Finding> {
	if (patient.nodes.length === 0) {
		yield findings('node').note(
			'No node is known, so no way to one was tried.',
			'Name one with --node host:port.',
		);
	}
	for (const entry of patient.nodes) {
		if (entry.srv === undefined) {
			yield* examineNode(entry, patient);
			continue;
		}
		const { finding, nodes } = await findService(entry);
		yield finding;
		for (const node of nodes.slice(0, MOST_OF_A_SERVICE)) {
			yield* examineNode(node, patient);
		}
	}
}

/** Examines the way to one node, step by step; after a step that failed the next of its kind are not tried. */
async function* examineNode(
	node: NodeAddress,
	patient: Patient,
): AsyncGenerator<Finding> {
	const dns = await checkDns(node);
	yield dns;
	if (dns.grade === 'failure') {
		return;
	}
	const uses = (name: TransportName) =>
		patient.transports.some((transport) => transport.name === name);
	let tcpWorks = true;
	if (uses('openvpn-tcp') || (uses('websocket') && !usesProxy(node, patient))) {
		const tcp = await checkTcp(node);
		yield tcp;
		tcpWorks = tcp.grade !== 'failure';
		if (tcpWorks && uses('websocket') && !patient.insecure) {
			yield await checkTls(node, patient.ca);
		}
	}
	for (const transport of patient.transports) {
		yield await examineCarrier(transport, node, patient, tcpWorks);
	}
	const nobody = { ...patient, device: undefined };
	for (const transport of patient.alternatives) {
		const finding = await examineCarrier(transport, node, nobody, tcpWorks);
		yield finding.grade === 'ok' ? finding : { ...finding, grade: 'note' };
	}
}

async function examineCarrier(
	transport: Transport,
	node: NodeAddress,
	{ device }: Patient,
	tcpWorks: boolean,
): Promise<Finding> {
	const finding = findings(transport.name);
	if (!transport.needsNode) {
		return finding.note(
			'Not tried: a running openvpn is dialled by nobody but its agent.',
			'Ask the agent: cloudlink-agent status.',
		);
	}
	const overTcp =
		transport.name === 'websocket' || transport.name === 'openvpn-tcp';
	return overTcp && !tcpWorks
		? finding.note('Not tried: TCP does not get through.')
		: await checkCarrier(transport, node, device);
}
