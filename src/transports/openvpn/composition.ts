import { isIPv6 } from 'node:net';

import { parseConfiguration } from './configuration.js';
import type { Proxy } from './proxy.js';
import { quote } from './quote.js';
import { keptDirectives } from './replaced-directives.js';
import { saysWhoIsGood } from './unverified.js';

/** Everything that the text for one attempt is made of. */
export interface Composition {
	readonly protocol: 'tcp' | 'udp';
	/** The client configuration's text; without it a minimal one is made around `ca`. */
	readonly config?: string;
	/** Where relative paths of the configuration start. */
	readonly directory?: string;
	readonly ca?: string;
	readonly directives: readonly string[];
	/** An address; through a proxy the node's name, which the proxy resolves. */
	readonly address: string;
	readonly port: number;
	/** By its address. */
	readonly proxy?: Proxy;
	/** The name of the node's certificate, where no configuration says what to verify. */
	readonly servername: string;
	/** Whether routes and name servers that the node pushes are taken. @default as the configuration says, without one not */
	readonly pushedRoutes?: boolean;
	readonly managementSocket: string;
	/** How long the whole attempt may take. */
	readonly deadlineMs: number;
	readonly livenessMs: number;
}

/** Openvpn's own time-outs, a second net below our deadline: this much after it. */
const SECOND_NET_SECONDS = 5;

/** A link is pinged this often within the time after which it counts as lost. */
const PINGS_BEFORE_LOST = 4;

const wholeSeconds = (ms: number) => Math.max(1, Math.ceil(ms / 1000));

function base(composition: Composition): string[] {
	const { config, ca, protocol, directory, proxy } = composition;
	const authority = ca === undefined ? [] : ['<ca>', ca.trim(), '</ca>'];
	if (config === undefined) {
		return [
			'client',
			'dev tun',
			'remote-cert-tls server',
			'nobind',
			...verification(composition),
			...authority,
		];
	}
	const kept = keptDirectives(
		parseConfiguration(config).directives,
		protocol,
	).filter(
		({ name }) =>
			(ca === undefined || name !== 'ca') &&
			(proxy === undefined || !/^(?:http|socks)-proxy/.test(name)),
	);
	const has = (...names: string[]) =>
		kept.some(({ name }) => names.includes(name));
	return [
		...(directory === undefined || has('cd') ? [] : [`cd ${quote(directory)}`]),
		...kept.map(({ text }) => text),
		...authority,
		// Without it every process would want the same local port.
		...(has('bind', 'nobind', 'lport', 'local') ? [] : ['nobind']),
	];
}

/** Without a configuration the certificate must bear the node's name; else any one of the same authority would do. */
function verification({ servername, directives }: Composition): string[] {
	const isSaid = parseConfiguration(directives.join('\n')).directives.some(
		({ name }) => saysWhoIsGood(name),
	);
	return isSaid ? [] : [`verify-x509-name ${quote(servername)} name`];
}

/** Whoever answers for the node could else take over the device's routes and name servers. */
function pushed({ config, pushedRoutes }: Composition): string[] {
	return (pushedRoutes ?? config !== undefined) ? [] : ['route-nopull'];
}

function throughProxy({ proxy }: Composition): string[] {
	if (!proxy) {
		return [];
	}
	const { host, port, credentials } = proxy;
	return credentials
		? [
				`http-proxy ${host} ${port} stdin basic`,
				'<http-proxy-user-pass>',
				credentials.user,
				credentials.password,
				'</http-proxy-user-pass>',
			]
		: [`http-proxy ${host} ${port}`];
}

function ours(composition: Composition): string[] {
	const { protocol, address, port, deadlineMs, livenessMs } = composition;
	const family = isIPv6(composition.proxy?.host ?? address) ? '6' : '4';
	const giveUp = wholeSeconds(deadlineMs) + SECOND_NET_SECONDS;
	const pinged = wholeSeconds(livenessMs) / PINGS_BEFORE_LOST;
	return [
		`remote ${address} ${port} ${protocol}${family}${protocol === 'tcp' ? '-client' : ''}`,
		`management ${quote(composition.managementSocket)} unix`,
		'management-client',
		'management-hold',
		'management-query-passwords',
		'auth-user-pass',
		'auth-retry nointeract',
		`connect-timeout ${giveUp}`,
		`hand-window ${giveUp}`,
		// Openvpn does not sleep when it holds. The second number caps what it shows and does.
		'connect-retry 1 65535',
		`ping ${Math.max(1, Math.floor(pinged))}`,
		// It runs before the login too, where it would cut the patience short; a silent link is ours to see.
		`ping-restart ${Math.max(giveUp, wholeSeconds(livenessMs))}`,
		'verb 3',
	];
}

/**
 * The whole configuration for one attempt, as openvpn reads it from its standard input. It holds no
 * secret of ours. A filter against pushed ping directives stands first, since the first one that fits wins.
 */
export function compose(composition: Composition): string {
	return [
		'pull-filter ignore "ping-"',
		...base(composition),
		...pushed(composition),
		...throughProxy(composition),
		...ours(composition),
		...composition.directives,
		'',
	].join('\n');
}
