import * as v from '../../schema.js';

/** Over what OpenVPN is carried. */
export type Protocol = 'tcp' | 'udp';

/** The transport's name. */
export const nameOf = ({ protocol }: { readonly protocol?: Protocol }): string =>
	protocol === 'udp' ? 'openvpn-udp' : 'openvpn-tcp';

export const protocol = v.optional(
	v.picklist(['tcp', 'udp'], "must be 'tcp' or 'udp'"),
	'tcp',
);
export const text = v.pipe(
	v.string('must be a string'),
	v.nonEmpty('must not be empty'),
);
