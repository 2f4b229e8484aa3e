import * as v from '../../schema.js';

import { OPENVPN } from './traits.js';

/** Over what OpenVPN is carried. */
export type Protocol = 'tcp' | 'udp';

/** The transport's name; options are checked later. */
export const nameOf = (options: { readonly protocol?: Protocol }): string =>
	(options.protocol === 'udp' ? OPENVPN.udp : OPENVPN.tcp).name;

export const protocol = v.optional(
	v.picklist(['tcp', 'udp'], "must be 'tcp' or 'udp'"),
	'tcp',
);
export const text = v.pipe(
	v.string('must be a string'),
	v.nonEmpty('must not be empty'),
);
