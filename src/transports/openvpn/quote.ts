/**
 * A device without PKCS11 support in its openvpn (balenaOS) cuts user names and passwords off above
 * this many bytes, without a word.
 */
const LONGEST_KEY = 127;

/** A server that names clients by their user name refuses longer ones (X.509's limit for a common name). */
const LONGEST_USERNAME = 64;

/** Openvpn drops what is not printable before it reads a command, so the text would arrive changed. */
export function isPrintable(text: string): boolean {
	return /^[ -~\u00a0-\uffff]*$/.test(text);
}

/** One parameter of a management command or a configuration line (openvpn's manual, "double quotes"). */
export function quote(text: string): string {
	return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** What is wrong with a user name and key, without repeating either; undefined where nothing is. */
export function credentialsProblem(
	uuid: string,
	key: string | undefined,
): string | undefined {
	const size = (text: string) => Buffer.byteLength(text);
	if (!key) {
		return 'openvpn needs the device key: give `device.key`';
	}
	if (size(key) > LONGEST_KEY) {
		return `the device key is longer than ${LONGEST_KEY} bytes, which openvpn would cut off`;
	}
	if (uuid === '' || size(uuid) > LONGEST_USERNAME) {
		return `the device uuid must have 1 to ${LONGEST_USERNAME} bytes`;
	}
	return isPrintable(key) && isPrintable(uuid)
		? undefined
		: 'the device uuid and key must not hold control characters';
}
