import { MASK } from '../../log/mask.js';

/** Names of what must not leave the device; `keyFile` only says where it is. */
const SECRET = /(key|token|secret|passw|credential|psk)/i;
const NO_SECRET = /(file|path)$/i;

/** A URL without its user and password. */
const withoutLogin = (text: string) =>
	text.replace(/\/\/[^/@\s]+@/g, `//${MASK}@`);

/** A configuration without its secrets: what a suspicious name has is masked, whatever it is, and logins in URLs. */
export function redact(value: unknown, name = ''): unknown {
	if (SECRET.test(name) && !NO_SECRET.test(name)) {
		return MASK;
	}
	if (Array.isArray(value)) {
		return value.map((one) => redact(one, name));
	}
	if (typeof value === 'object' && value !== null) {
		return Object.fromEntries(
			Object.entries(value).map(([key, one]) => [key, redact(one, key)]),
		);
	}
	return typeof value === 'string' ? withoutLogin(value) : value;
}
