import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import * as v from '../../schema.js';

import { checkOptions } from '../../options.js';

import { LONGEST_CONFIGURATION } from './configuration.js';
import { parseProxy } from '../proxy-choice.js';
import {
	parseManagementAddress,
	type ManagementAddress,
} from './management-address.js';
import { isPrintable } from './quote.js';

/** Options of an openvpn that the agent runs: one process for each attempt and its link. */
export interface OwnedOpenvpnOptions {
	/**
	 * Over what OpenVPN is carried; also names the transport, `openvpn-tcp` or `openvpn-udp`.
	 * @default 'tcp'
	 */
	readonly protocol?: 'tcp' | 'udp';
	/**
	 * The program to run, by path or looked up in PATH. Openvpn 2.5 or newer.
	 * @default 'openvpn'
	 */
	readonly binary?: string;
	/**
	 * The client configuration that the cloud hands out: its text where it has more than one line, else a
	 * path, which is read afresh for each attempt. What is the agent's to decide in it is replaced; see
	 * `replacedDirectives`. Its up and down scripts run as they are,
	 * where they are there.
	 */
	readonly config?: string;
	/** The CA's certificate as PEM. Enough without a `config`; with one it replaces its `ca`. */
	readonly ca?: string;
	/**
	 * The common name that the nodes' certificates bear, where there is no `config` to say what is verified. Openvpn does not
	 * look at alternative names. @default the host of the node
	 */
	readonly servername?: string;
	/**
	 * Whether routes, the default gateway and name servers that a node pushes are taken.
	 * @default as `config` says; without one, false
	 */
	readonly pushedRoutes?: boolean;
	/**
	 * The HTTP proxy to go through over TCP, as `http://user:password@host:port`; false for none.
	 * @default what HTTPS_PROXY, ALL_PROXY and NO_PROXY say, unless `config` names a proxy
	 */
	readonly proxy?: string | false;
	/** More configuration, one directive each, appended last; so these win over everything else. */
	readonly directives?: readonly string[];
}

/** Options for an openvpn that somebody else has started with a management socket. */
export interface AttachedOpenvpnOptions {
	/** The path of its management socket, or `HOST:PORT` on loopback. */
	readonly attach: string;
	/** The file that holds the password of the management interface, if it has one; read at each attempt to attach. */
	readonly passwordFile?: string;
	/**
	 * What its configuration says: openvpn does not tell. Names the transport.
	 * @default 'tcp'
	 */
	readonly protocol?: 'tcp' | 'udp';
}

/** What `openvpn()` takes: an openvpn of our own, or with `attach` one that runs already. */
export type OpenvpnOptions = OwnedOpenvpnOptions | AttachedOpenvpnOptions;

const protocol = v.optional(
	v.picklist(['tcp', 'udp'], "must be 'tcp' or 'udp'"),
	'tcp',
);
const text = v.pipe(
	v.string('must be a string'),
	v.nonEmpty('must not be empty'),
);

export const ownedSchema = v.strictObject({
	protocol,
	binary: v.optional(text, 'openvpn'),
	config: v.optional(text),
	ca: v.optional(
		v.pipe(
			text,
			v.regex(
				/-----BEGIN [A-Z ]*CERTIFICATE-----/,
				'must be a certificate as PEM',
			),
		),
	),
	servername: v.optional(
		v.pipe(text, v.check(isPrintable, 'must be one line')),
	),
	pushedRoutes: v.optional(v.boolean('must be true or false')),
	proxy: v.optional(
		v.union(
			[
				v.literal(false),
				v.pipe(
					v.string(),
					v.check((value) => parseProxy(value) !== undefined),
				),
			],
			'must be the URL of a proxy (http://host:port), or false',
		),
	),
	directives: v.optional(
		v.array(
			v.pipe(text, v.check(isPrintable, 'must be one line each')),
			'must be a list of directives',
		),
		[],
	),
});

export const attachedSchema = v.strictObject({
	attach: v.pipe(
		text,
		v.check(
			(value) => parseManagementAddress(value) !== undefined,
			'must be the path of a unix socket, or an address and port of loopback',
		),
	),
	passwordFile: v.optional(text),
	protocol,
});

export type OwnedSettings = v.InferOutput<typeof ownedSchema>;
export interface AttachedSettings extends v.InferOutput<typeof attachedSchema> {
	readonly address: ManagementAddress;
}

export function isAttached(
	options: OpenvpnOptions,
): options is AttachedOpenvpnOptions {
	return 'attach' in options && options.attach !== undefined;
}

export function checkOwned(options: OwnedOpenvpnOptions): OwnedSettings {
	return checkOptions(ownedSchema, options, 'openvpn()');
}

export function checkAttached(
	options: AttachedOpenvpnOptions,
): AttachedSettings {
	const settings = checkOptions(attachedSchema, options, 'openvpn()');
	return { ...settings, address: parseManagementAddress(settings.attach)! };
}

/** A configuration's text, and for one from a file the directory that its relative paths start from. */
export interface LoadedConfiguration {
	readonly text: string;
	readonly file?: string;
	readonly directory?: string;
}

/** Whether a `config` option is the text itself rather than a path. */
function isText(config: string): boolean {
	return config.includes('\n');
}

/** Reads the `config` option. Throws what the file system throws. */
export function loadConfiguration(config: string): LoadedConfiguration {
	if (isText(config)) {
		return { text: config };
	}
	const path = resolve(config);
	if (statSync(path).size > LONGEST_CONFIGURATION) {
		throw new Error(`${path} is longer than ${LONGEST_CONFIGURATION} bytes`);
	}
	return {
		text: readFileSync(path, 'utf8'),
		file: path,
		directory: dirname(path),
	};
}
