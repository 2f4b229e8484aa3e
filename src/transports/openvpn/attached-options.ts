import { checkOptions } from '../../options.js';
import * as v from '../../schema.js';

import { protocol, text } from './common-options.js';
import {
	parseManagementAddress,
	type ManagementAddress,
} from './management-address.js';

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

export interface AttachedSettings extends v.InferOutput<typeof attachedSchema> {
	readonly address: ManagementAddress;
}

export function checkAttached(
	options: AttachedOpenvpnOptions,
): AttachedSettings {
	const settings = checkOptions(attachedSchema, options, 'openvpn()');
	return { ...settings, address: parseManagementAddress(settings.attach)! };
}
