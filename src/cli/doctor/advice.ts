import type { Outcome, OutcomeCode, OutcomeKind } from '../../outcome.js';
import { sentence } from '../log/words.js';
import { findings, type Finding } from './finding.js';

const KIND: Record<OutcomeKind, string> = {
	unreachable:
		'Check the cable or radio, the address of the node, and whether a firewall lets it through.',
	overloaded:
		'The node has no place right now; the agent comes back by itself.',
	throttled: 'The node asks to come back later; the agent does so by itself.',
	rejected:
		"The node does not accept this device's uuid and key: compare config.json with the dashboard.",
	misconfigured: 'Compare the configuration with what the operator gave out.',
	drained: 'The node is about to restart; the agent goes to another.',
	lost: 'Run it again; if it stays so, ask the operator of the node.',
	stopped: 'Run it again.',
};

const CODE: Partial<Record<OutcomeCode, string>> = {
	'dns-failed':
		'Check /etc/resolv.conf and whether 53/UDP and 53/TCP get out; try another name server.',
	'connect-refused':
		'Nothing listens there, or a firewall refuses: check the host and port of the node.',
	'connect-timeout':
		'Something on the way drops packets: let 443/TCP out to the node.',
	'no-route': 'There is no route to the node: check the default route.',
	'not-cloudlink':
		'Something else answers, such as a captive portal or a filter: log in there, or let the node through.',
	'captive-portal':
		'A captive portal seems to answer for the node: log in there. If there is none, check the name of the node and its CA.',
	'no-resources':
		'The device is out of file descriptors or memory: see `ulimit -n` and what else runs here.',
	'proxy-unreachable':
		'Check the address of the proxy in HTTPS_PROXY or --proxy, or list the node in NO_PROXY.',
	'proxy-refused':
		'Ask the administrator of the proxy to let CONNECT to the node through.',
	'udp-blocked':
		'UDP is blocked on this network (let 443/UDP out to the node); the agent falls back to TCP where that is among its transports.',
	'tls-unknown-ca':
		'Either the node has an authority of its own (give it with --ca), or a proxy on the way opens the encryption: let the node through there.',
	'tls-wrong-host':
		'The certificate is for another name: check the name of the node.',
	'tls-expired':
		"Check the device's clock; if that is right, the operator must renew the certificate.",
	'clock-wrong':
		"The device's clock is behind: wait for time synchronisation, and let 123/UDP (NTP) out.",
	'http-404':
		'The host answers, but is no Cloudlink node: check its name and port.',
	'openvpn-missing': 'Install openvpn, or name it with --openvpn-binary.',
};

export const kindAdvice = (kind: OutcomeKind): string => KIND[kind];

/** What to do about an outcome. @param port of the node that was dialled, where there is one */
export function adviceFor(
	{ code, kind }: Pick<Outcome, 'code' | 'kind'>,
	port?: number,
): string {
	const advice = CODE[code] ?? KIND[kind];
	return port === undefined ? advice : advice.replace('443/', `${port}/`);
}

/**
 * What an attempt without the device's own credentials shows. That the node then asks for credentials is as good as
 * it gets; that it throttles shows that the way to it is open.
 */
export function judgeOutcome(
	check: string,
	outcome: Outcome,
	authenticated: boolean,
	port?: number,
): Finding {
	const finding = findings(check);
	const { kind, hint } = outcome;
	const when =
		hint?.retryAfterMs === undefined
			? ''
			: ` It says to come back in ${Math.ceil(hint.retryAfterMs / 1000)} s.`;
	const seen = `${sentence(outcome.message)}${when}`;
	if (kind === 'rejected' && !authenticated) {
		return finding.ok('A Cloudlink node answers, and asks for credentials.');
	}
	const patience =
		kind === 'throttled' || kind === 'overloaded' || kind === 'drained';
	const grade = patience ? 'warning' : 'failure';
	return { ...finding[grade](seen, adviceFor(outcome, port)), kind };
}
