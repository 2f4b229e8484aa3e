import { outcome, type Outcome } from '../../outcome.js';

const UNKNOWN_CA = new Set([
	'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	'UNABLE_TO_GET_ISSUER_CERT',
	'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
	'SELF_SIGNED_CERT_IN_CHAIN',
	'DEPTH_ZERO_SELF_SIGNED_CERT',
	'CERT_UNTRUSTED',
]);

/** What TLS refused, by OpenSSL's names for it. */
export function classifyTlsError(error: NodeJS.ErrnoException): Outcome {
	const { code = '' } = error;
	if (UNKNOWN_CA.has(code)) {
		return outcome(
			'tls-unknown-ca',
			"The node's certificate is from an unknown authority.",
			{ cause: error },
		);
	}
	if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
		return outcome(
			'tls-wrong-host',
			"The node's certificate is for another name.",
			{ cause: error },
		);
	}
	if (code === 'CERT_HAS_EXPIRED') {
		return outcome(
			'tls-expired',
			"The node's certificate has expired, or this clock is ahead.",
			{ cause: error },
		);
	}
	if (code === 'CERT_NOT_YET_VALID') {
		return outcome(
			'clock-wrong',
			"The node's certificate is not valid yet: this clock is behind.",
			{ cause: error },
		);
	}
	return outcome('tls-failed', `TLS failed: ${error.message}`, {
		cause: error,
	});
}
