import { parseNode } from '../../nodes/index.js';
import { PRESETS, type PresetName } from '../../pacing/index.js';
import {
	parseHealthAddress,
	type HealthAddress,
} from '../../telemetry/address.js';
import { LEVELS, type Level, type LogFormat } from '../log/log.js';

/** `websocket`, `udp`, `openvpn-tcp`, `openvpn-udp`, or `attach:` and the path of a management socket. */
export type TransportSpec =
	| { readonly name: 'websocket' | 'udp' | 'openvpn-tcp' | 'openvpn-udp' }
	| { readonly name: 'attach'; readonly socket: string };

/** What the settings are, once found and parsed. */
export interface SettingTypes {
	uuid: string;
	keyFile: string;
	nodes: readonly string[];
	transports: readonly TransportSpec[];
	services: readonly number[];
	ca: string;
	insecure: boolean;
	proxy: string;
	state: string;
	health: HealthAddress | 'none';
	marker: string;
	openvpnConfig: string;
	openvpnBinary: string;
	pacing: PresetName;
	grace: number;
	log: LogFormat;
	logLevel: Level;
	otel: boolean;
}

export type SettingName = keyof SettingTypes;

/** One setting: every source gives it as text, and one parser reads them all. */
export interface Setting<T> {
	/** As commander has it. */
	readonly flag: string;
	readonly env: string;
	readonly help: string;
	/** Undefined where the text cannot be used; `expected` then says what can. */
	readonly parse: (text: string) => T | undefined;
	readonly expected: string;
}

const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

const text = (value: string) => (value === '' ? undefined : value);

const items = (value: string) =>
	value
		.split(',')
		.map((item) => item.trim())
		.filter((item) => item !== '');

/** Every item, or undefined if one of them cannot be used or there is none. */
function listOf<T>(parse: (item: string) => T | undefined) {
	return (value: string): readonly T[] | undefined => {
		const parsed = items(value).map(parse);
		return parsed.length > 0 && parsed.every((item) => item !== undefined)
			? parsed
			: undefined;
	};
}

const oneOf =
	<T extends string>(...words: T[]) =>
	(value: string): T | undefined =>
		words.find((word) => word === value);

const flag = (value: string): boolean | undefined =>
	/^(1|true|yes|on)$/i.test(value)
		? true
		: /^(0|false|no|off|)$/i.test(value)
			? false
			: undefined;

const portNumber = (value: string): number | undefined => {
	const port = Number(value);
	return /^\d+$/.test(value) && port >= 1 && port <= 65535 ? port : undefined;
};

const node = (value: string): string | undefined => {
	try {
		return parseNode(value) && value;
	} catch {
		return undefined;
	}
};

const carrier = oneOf('websocket', 'udp', 'openvpn-tcp', 'openvpn-udp');

const transport = (value: string): TransportSpec | undefined => {
	const socket = /^attach:(.+)$/.exec(value)?.[1];
	if (socket) {
		return { name: 'attach', socket };
	}
	const name = carrier(value);
	return name && { name };
};

const seconds = (value: string): number | undefined =>
	/^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;

const url = (value: string): string | undefined =>
	value === 'none' || /^https?:\/\/[^\s/]/.test(value) ? value : undefined;

const file = { parse: text, expected: 'a file' };

/**
 * Every setting of `cloudlink-agent run`, by its name in the section `cloudlink` of config.json. A flag wins over
 * the environment, that over the file, that over the default. `docs/cli.md` has the table, and a test holds the two
 * against each other.
 */
export const SETTINGS: {
	readonly [N in SettingName]: Setting<SettingTypes[N]>;
} = {
	uuid: {
		flag: '--uuid <uuid>',
		env: 'CLOUDLINK_UUID',
		help: "the device's uuid (default: config.json)",
		parse: text,
		expected: 'a uuid',
	},
	keyFile: {
		flag: '--key-file <file>',
		env: 'CLOUDLINK_KEY_FILE',
		help: 'the file that holds the device key, read for each attempt (default: config.json); there is CLOUDLINK_KEY too, but no flag: command lines are world-readable',
		...file,
	},
	nodes: {
		flag: '--node <host:port...>',
		env: 'CLOUDLINK_NODES',
		help: 'a node to dial, repeated for a choice (default: vpnEndpoint and vpnPort of config.json)',
		parse: listOf(node),
		expected:
			'host:port (no scheme such as wss://), or several with commas between',
	},
	transports: {
		flag: '--transports <list>',
		env: 'CLOUDLINK_TRANSPORTS',
		help: 'how to dial, in order of preference: websocket, udp, openvpn-tcp, openvpn-udp, or attach:SOCKET (default: openvpn-tcp where the OpenVPN configuration exists, else websocket,udp)',
		parse: listOf(transport),
		expected:
			'websocket, udp, openvpn-tcp, openvpn-udp or attach:SOCKET, with commas between',
	},
	services: {
		flag: '--service <port...>',
		env: 'CLOUDLINK_SERVICES',
		help: 'a TCP port of the device that the cloud may open, repeated for more (default: none)',
		parse: listOf(portNumber),
		expected: 'a port from 1 to 65535, or several with commas between',
	},
	ca: {
		flag: '--ca <file>',
		env: 'CLOUDLINK_CA',
		help: "PEM of the authority that signed the nodes' certificates (default: balenaRootCA of config.json, else Node's own list)",
		...file,
	},
	insecure: {
		flag: '--insecure',
		env: 'CLOUDLINK_INSECURE',
		help: 'dial without TLS (ws://), for tests on loopback: the key goes in the clear',
		parse: flag,
		expected: '1 or 0',
	},
	proxy: {
		flag: '--proxy <url>',
		env: 'CLOUDLINK_PROXY',
		help: 'an HTTP proxy for the websocket transport, or none (default: HTTPS_PROXY, ALL_PROXY and NO_PROXY)',
		parse: url,
		expected: 'a URL such as http://proxy.example.com:3128, or none',
	},
	state: {
		flag: '--state <file>',
		env: 'CLOUDLINK_STATE',
		help: "where pacing's memory is kept, or none (default: state.json in $STATE_DIRECTORY, else in /var/lib/cloudlink-agent)",
		...file,
	},
	health: {
		flag: '--health <address>',
		env: 'CLOUDLINK_HEALTH',
		help: 'unix socket or loopback port for health and metrics, or none (default: health.sock in $RUNTIME_DIRECTORY, else in /run/cloudlink-agent)',
		parse: (value) => (value === 'none' ? 'none' : parseHealthAddress(value)),
		expected:
			'a path with a slash, a port, a loopback address and port, or none',
	},
	marker: {
		flag: '--marker <file>',
		env: 'CLOUDLINK_MARKER',
		help: 'the file that is there while the link is, or none (default: /run/openvpn/vpn_status/active; none with attach)',
		...file,
	},
	openvpnConfig: {
		flag: '--openvpn-config <file>',
		env: 'CLOUDLINK_OPENVPN_CONFIG',
		help: 'the client configuration that the cloud hands out (default: /etc/openvpn/openvpn.conf)',
		...file,
	},
	openvpnBinary: {
		flag: '--openvpn-binary <program>',
		env: 'CLOUDLINK_OPENVPN_BINARY',
		help: 'the OpenVPN program (default: openvpn)',
		parse: text,
		expected: 'a program',
	},
	pacing: {
		flag: '--pacing <preset>',
		env: 'CLOUDLINK_PACING',
		help: `when to dial: ${PRESET_NAMES.join(', ')} (default: default)`,
		parse: oneOf(...PRESET_NAMES),
		expected: PRESET_NAMES.join(', '),
	},
	grace: {
		flag: '--grace <seconds>',
		env: 'CLOUDLINK_GRACE',
		help: 'how long open streams may go on after SIGTERM (default: 5)',
		parse: seconds,
		expected: 'a number of seconds',
	},
	log: {
		flag: '--log <format>',
		env: 'CLOUDLINK_LOG',
		help: 'text or json (default: text)',
		parse: oneOf('text', 'json'),
		expected: 'text or json',
	},
	logLevel: {
		flag: '--log-level <level>',
		env: 'CLOUDLINK_LOG_LEVEL',
		help: 'error, warning, notice, info or debug (default: info)',
		parse: oneOf(...(Object.keys(LEVELS) as Level[])),
		expected: 'error, warning, notice, info or debug',
	},
	otel: {
		flag: '--otel',
		env: 'CLOUDLINK_OTEL',
		help: 'show the metrics through @opentelemetry/api, where it is installed',
		parse: flag,
		expected: '1 or 0',
	},
};
