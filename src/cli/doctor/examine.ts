import { systemNetwork } from '../../device/network-watch.js';
import { systemClock } from '../../runtime/index.js';
import type {
	DialRequest,
	NodeAddress,
	Transport,
} from '../../transports/transport.js';
import { chooseProxy } from '../../transports/websocket/proxy-choice.js';
import type { Env } from '../sources.js';
import { checkCarrier } from './carrier.js';
import { findings, type Finding } from './finding.js';
import {
	checkClock,
	checkNetwork,
	checkOpenvpn,
	checkProxy,
	checkTun,
} from './host.js';
import { checkOpenvpnConfig } from './openvpn-config.js';
import { checkDns, checkTcp, checkTls } from './node.js';

/** What is examined. */
export interface Patient {
	readonly nodes: readonly NodeAddress[];
	readonly transports: readonly Transport[];
	/** Dial in the device's own name. */
	readonly device?: DialRequest['device'];
	readonly ca?: string;
	readonly insecure: boolean;
	readonly proxy?: string;
	readonly openvpnBinary?: string;
	/** The path of the client configuration, where an openvpn that the agent runs uses one. */
	readonly openvpnConfig?: string;
	readonly env: Env;
}

/** Examines the device itself: nothing leaves it. */
export async function examineHost(patient: Patient): Promise<Finding[]> {
	const needsOpenvpn = patient.transports.some(({ name }) =>
		name.startsWith('openvpn'),
	);
	return [
		checkClock(systemClock.wallMs()),
		...checkNetwork(systemNetwork.snapshot()),
		checkProxy(patient.env, patient.proxy),
		await checkOpenvpn(patient.openvpnBinary ?? 'openvpn', needsOpenvpn),
		checkTun(needsOpenvpn),
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

/** Examines the way to one node, step by step; after a step that failed the next of its kind are not tried. */
export async function* examineNode(
	node: NodeAddress,
	patient: Patient,
): AsyncGenerator<Finding> {
	const dns = await checkDns(node);
	yield dns;
	if (dns.grade === 'failure') {
		return;
	}
	const usesTcp = patient.transports.some(({ name }) => name === 'websocket');
	let tcpWorks = true;
	if (usesTcp && !usesProxy(node, patient)) {
		const tcp = await checkTcp(node);
		yield tcp;
		tcpWorks = tcp.grade !== 'failure';
		if (tcpWorks && !patient.insecure) {
			yield await checkTls(node, patient.ca);
		}
	}
	for (const transport of patient.transports) {
		yield transport.name === 'websocket' && !tcpWorks
			? findings(transport.name).note('Not tried: TCP does not get through.')
			: await checkCarrier(transport, node, patient.device);
	}
}
