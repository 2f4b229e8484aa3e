import { outcome, type Outcome, type OutcomeCode } from '../../outcome.js';
import { codeOf } from '../native/error-code.js';
import { classifySystemError } from '../native/system-error.js';

const CONNECT: Record<string, readonly [OutcomeCode, string]> = {
	ECONNREFUSED: ['connect-refused', 'Nothing listens at the address.'],
	ETIMEDOUT: ['connect-timeout', 'The address did not answer.'],
	ECONNRESET: ['early-reset', 'The connection was reset as it was made.'],
	ECONNABORTED: ['early-reset', 'The connection was reset as it was made.'],
};

/** A TCP connect that failed. What no table knows is a network that has no way there. */
export function classifyConnectError(
	error: NodeJS.ErrnoException,
	where: string,
): Outcome {
	const known = CONNECT[codeOf(error)];
	const local = known ? undefined : classifySystemError(error, where);
	if (local) {
		return local;
	}
	const [code, message] = known ?? [
		'no-route' as const,
		'There is no way to the address from here.',
	];
	return outcome(
		code,
		`${message} (${where}: ${codeOf(error) || error.message})`,
		{ cause: error },
	);
}

const TLS: Record<string, readonly [OutcomeCode, string]> = {
	CERT_NOT_YET_VALID: [
		'clock-wrong',
		"The node's certificate is not valid yet: this device's clock is wrong, and needs time sync.",
	],
	CERT_HAS_EXPIRED: [
		'tls-expired',
		"The node's certificate has expired, or this device's clock runs ahead.",
	],
	ERR_TLS_CERT_ALTNAME_INVALID: [
		'tls-wrong-host',
		"The node's certificate is for another host.",
	],
	ECONNRESET: [
		'early-reset',
		'The connection was cut before the TLS handshake was done.',
	],
	EPIPE: [
		'early-reset',
		'The connection was cut before the TLS handshake was done.',
	],
	ECONNABORTED: [
		'early-reset',
		'The connection was cut before the TLS handshake was done.',
	],
	ETIMEDOUT: ['tls-timeout', 'The TLS handshake was not answered.'],
};

const UNKNOWN_CA = new Set([
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'CERT_UNTRUSTED',
]);

/** OpenSSL's words for bytes that are not TLS. */
const NOT_TLS =
	/wrong.version.number|packet.length.too.long|unknown.protocol|http.request|unexpected.message|bad.record.type|record.layer.failure|record.too.large|invalid.record/i;

/** A TLS handshake that failed; `isForeign`: the certificate that was shown names another host and nobody vouches for it. */
export function classifyTlsError(
	error: NodeJS.ErrnoException,
	host: string,
	isForeign = false,
): Outcome {
	const code = codeOf(error);
	const local = classifySystemError(error, host);
	if (local) {
		return local;
	}
	if (isForeign) {
		return outcome(
			'captive-portal',
			`What answers shows a certificate for another host: a captive portal seems to be in between, or the address is not a node's. (${host}: ${code})`,
			{ cause: error },
		);
	}
	const known = TLS[code];
	if (known) {
		return outcome(known[0], `${known[1]} (${host}: ${code})`, {
			cause: error,
		});
	}
	if (UNKNOWN_CA.has(code)) {
		return outcome(
			'tls-unknown-ca',
			`The node's certificate is not from a trusted authority; give its CA with the option \`ca\`. (${host}: ${code})`,
			{ cause: error },
		);
	}
	if (NOT_TLS.test(`${code} ${error.message}`)) {
		return outcome(
			'not-cloudlink',
			`What answers does not speak TLS. (${host})`,
			{
				cause: error,
			},
		);
	}
	return outcome(
		'tls-failed',
		`TLS failed: ${code || error.message} (${host})`,
		{
			cause: error,
		},
	);
}

/** A proxy that answered CONNECT with anything but 2xx. */
export function classifyProxyStatus(status: number, proxy: string): Outcome {
	if (status === 407) {
		return outcome(
			'proxy-refused',
			`The proxy ${proxy} wants credentials: put them into its URL. (HTTP 407)`,
		);
	}
	return status >= 500
		? outcome(
				'proxy-unreachable',
				`The proxy ${proxy} cannot reach the node. (HTTP ${status})`,
			)
		: outcome(
				'proxy-refused',
				`The proxy ${proxy} does not let this node through. (HTTP ${status})`,
			);
}
