import { quote } from '../../../transports/openvpn/quote.js';

export interface ServerConfiguration {
	readonly protocol: 'tcp' | 'udp';
	readonly port: number;
	/** The address to listen on. @default '127.0.0.1' */
	readonly address?: string;
	/** PEM. */
	readonly certificate: { ca: string; cert: string; key: string };
	/** The name of its tun device, which it needs though no traffic passes through. */
	readonly device: string;
	/** Added last. @default NO_ADDRESSES */
	readonly directives?: readonly string[];
}

const STOCK = [
	'mode server',
	'tls-server',
	'dev-type tun',
	'topology p2p',
	'dh none',
	'verify-client-cert none',
	'username-as-common-name',
	'duplicate-cn',
	'management-client-auth',
	'verb 3',
];

/** A tun without addresses, so that several servers can share one machine. */
export const NO_ADDRESSES = [
	'ifconfig 10.50.0.1 10.50.0.2',
	'ifconfig-pool 10.50.0.3 10.50.0.250',
	'ifconfig-noexec',
	'route-noexec',
];

/** The configuration of a stock server that asks us, on its management interface, whom to let in. */
export function serverConfiguration(
	options: ServerConfiguration,
	managementSocket: string,
): string {
	const { protocol, port, address, certificate, device } = options;
	return [
		...STOCK,
		`proto ${protocol === 'tcp' ? 'tcp4-server' : 'udp4'}`,
		`local ${address ?? '127.0.0.1'}`,
		`port ${port}`,
		`dev ${device}`,
		`management ${quote(managementSocket)} unix`,
		'management-client',
		...Object.entries(certificate).map(
			([name, pem]) => `<${name}>\n${pem.trim()}\n</${name}>`,
		),
		...(options.directives ?? NO_ADDRESSES),
		'',
	].join('\n');
}
