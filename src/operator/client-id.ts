import { CloudlinkError } from '../errors.js';

/** A number of openvpn's as its commands take it. What else there is could be a command of its own. */
export function clientId(id: number | string): string {
	const text = String(id);
	if (!/^\d{1,20}$/.test(text)) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			'A client id of openvpn is a whole number: take it from `status 2` or from >CLIENT:CONNECT.',
		);
	}
	return text;
}
