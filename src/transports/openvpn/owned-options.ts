import { checkOptions } from '../../options.js';
import * as v from '../../schema.js';

import { parseProxy } from '../proxy-choice.js';
import { protocol, text } from './common-options.js';
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

export type OwnedSettings = v.InferOutput<typeof ownedSchema>;
export function checkOwned(options: OwnedOpenvpnOptions): OwnedSettings {
	return checkOptions(ownedSchema, options, 'openvpn()');
}
