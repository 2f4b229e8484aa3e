import { MASK } from '../../log/mask.js';

/** Names of what must not leave the device; `keyFile` only says where it is. */
const SECRET =
	/(key|token|secret|pass(?!ive)|pwd|credential|psk|^authorization)/i;
const NO_SECRET = /(file|path)$/i;

/**
 * A URL without its user and password, and a proxy's where it has no scheme. People write passwords with an unescaped
 * `@` or `/`, so all up to the last `@` goes: too much is better than half a password.
 */
const withoutLogin = (text: string, name: string) =>
	text.replace(
		/proxy$/i.test(name) ? /^(\w+:\/\/)?\S*@/ : /(\/\/)\S*@/g,
		(_, scheme = '') => `${scheme}${MASK}@`,
	);

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
	return typeof value === 'string' ? withoutLogin(value, name) : value;
}
