import type { OutcomeCode } from '../../outcome.js';

/** What a line of openvpn's log says about the way in, most telling first. */
export const LOG_RULES: ReadonlyArray<readonly [RegExp, OutcomeCode, string]> =
	[
		[
			/VERIFY ERROR: .*certificate is not yet valid/,
			'clock-wrong',
			"the node's certificate is not valid yet: the clock of this device is probably wrong",
		],
		[
			/VERIFY ERROR: .*certificate has expired/,
			'tls-expired',
			"the node's certificate has expired, or the clock of this device is ahead",
		],
		[
			/VERIFY ERROR: .*(?:self.signed certificate|unable to (?:get|verify))/,
			'tls-unknown-ca',
			"the node's certificate is not signed by the CA of the configuration",
		],
		[
			/VERIFY X509NAME ERROR/,
			'tls-wrong-host',
			"the node's certificate is for another name",
		],
		[
			/VERIFY (?:\w+ )?ERROR/,
			'tls-failed',
			"the node's certificate was refused",
		],
		[
			/Bad encapsulated packet length/,
			'not-cloudlink',
			'what answered is not an OpenVPN server (a captive portal, a proxy?)',
		],
		[
			/Cannot resolve host address|Could not determine IPv4\/IPv6 protocol/,
			'dns-failed',
			'the name of the node cannot be resolved',
		],
		[
			/failed: Connection refused|\[ECONNREFUSED\]/,
			'connect-refused',
			'the node refused the connection',
		],
		[
			// A limiter that resets right after it accepted may be seen as early as this.
			/TCP: connect to .* failed: Connection reset/,
			'early-reset',
			'the node reset the connection',
		],
		[
			/Network (?:is )?unreachable|No route to host/,
			'no-route',
			'there is no route to the node',
		],
		[
			/failed: (?:Connection|Operation) timed out/,
			'connect-timeout',
			'the node did not answer the connect',
		],
		[
			/TLS key negotiation failed to occur within/,
			'tls-timeout',
			'the node began the handshake and did not end it in time',
		],
		[
			/No reply from server (?:after sending|to) /,
			'no-push-reply',
			'the node did not decide about the login in time',
		],
	];
