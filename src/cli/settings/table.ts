import { PRESETS, type PresetName } from '../../pacing/index.js';
import { parseHealthAddress } from '../../telemetry/address.js';
import { namesOf, SHIPPED } from '../../transports/shipped.js';
import { LEVELS, type Level } from '../log/log.js';
import {
	amount,
	durationMs,
	flag,
	listOf,
	node,
	oneOf,
	port,
	text,
	transport,
	url,
} from './parse.js';
import type { Setting, SettingName, SettingTypes } from './types.js';

const TRANSPORTS = SHIPPED.map(({ name }) => name).join(', ');
const PRESET_NAMES = Object.keys(PRESETS) as PresetName[];

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
		flag: '--transports <name...>',
		env: 'CLOUDLINK_TRANSPORTS',
		help: `how to dial, in order of preference, repeated or with commas between: ${TRANSPORTS}, or attach:SOCKET (default: openvpn-tcp where the OpenVPN configuration exists, else ${namesOf('native').join()})`,
		parse: listOf(transport),
		expected: `${TRANSPORTS} or attach:SOCKET, with commas between`,
	},
	services: {
		flag: '--service <port...>',
		env: 'CLOUDLINK_SERVICES',
		help: 'a TCP port of the device that the cloud may open, repeated for more (default: none)',
		parse: listOf(port),
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
		help: 'an HTTP proxy for websocket and openvpn-tcp, or none (default: HTTPS_PROXY, ALL_PROXY and NO_PROXY)',
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
	control: {
		flag: '--control <file>',
		env: 'CLOUDLINK_CONTROL',
		help: "unix socket of its user alone, for reconnect, pause, resume and ping, or none (default: control.sock beside the health's default)",
		...file,
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
	dialDeadlineMs: {
		flag: '--dial-deadline-ms <ms>',
		env: 'CLOUDLINK_DIAL_DEADLINE_MS',
		help: 'how long an attempt may take (default: 10000)',
		parse: durationMs(1),
		expected: 'a number of milliseconds from 1 to a day',
	},
	livenessMs: {
		flag: '--liveness-ms <ms>',
		env: 'CLOUDLINK_LIVENESS_MS',
		help: 'a link without a sign of life for this long is lost (default: 45000, or 300000 with --pacing cellular)',
		parse: durationMs(100),
		expected: 'a number of milliseconds from 100 to a day',
	},
	grace: {
		flag: '--grace <seconds>',
		env: 'CLOUDLINK_GRACE',
		help: 'how long open streams may go on after SIGTERM (default: 5)',
		parse: amount,
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
