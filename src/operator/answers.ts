import { clientId } from './client-id.js';
import type { Admission } from './login-gate.js';

/** An HTTP answer to whoever was not admitted. */
export interface HttpAnswer {
	readonly status: 429;
	readonly headers: Readonly<Record<string, string>>;
}

/** What to answer; undefined for who is let in. */
export type Answer<T> = T | undefined;

/** Whole seconds, as HTTP and openvpn write them: rounded up, so that nobody comes before its place is due. */
function secondsOf(admission: Admission): Answer<number> {
	return admission.admitted
		? undefined
		: Math.max(1, Math.ceil(admission.retryAfterSeconds));
}

/** For a gateway or a middleware: 429 with Retry-After (RFC 6585, 4; RFC 9110, 10.2.3). Undefined where it is admitted. */
export function httpAnswer(admission: Admission): Answer<HttpAnswer> {
	const seconds = secondsOf(admission);
	return seconds === undefined
		? undefined
		: { status: 429, headers: { 'Retry-After': String(seconds) } };
}

/**
 * For a WebSocket server: the whole answer to an upgrade, to be written to its socket, which then ends. Undefined
 * where it is admitted.
 *
 * @example
 * server.on('upgrade', (request, socket, head) => {
 * 	const answer = upgradeAnswer(gate.admit(uuid));
 * 	if (answer !== undefined) {
 * 		socket.end(answer);
 * 	}
 * });
 */
export function upgradeAnswer(admission: Admission): Answer<string> {
	const answer = httpAnswer(admission);
	return (
		answer &&
		[
			'HTTP/1.1 429 Too Many Requests',
			'Connection: close',
			'Content-Length: 0',
			`Retry-After: ${answer.headers['Retry-After']}`,
			'\r\n',
		].join('\r\n')
	);
}

/**
 * For a login program of openvpn 2.6: the line that it writes to the file that `$auth_failed_reason_file` names, before it
 * refuses (openvpn's manual, "--auth-user-pass-verify" and AUTH_FAILED,TEMP). Clients of 2.6 keep to it with an agent
 * or without; those of 2.5 without an agent overlook it. Undefined where it is admitted.
 */
export function reasonFileLine(admission: Admission): Answer<string> {
	const seconds = secondsOf(admission);
	return seconds === undefined
		? undefined
		: `TEMP[backoff ${seconds},advance no]:busy`;
}

/**
 * For whoever answers logins over openvpn's management interface: the command that refuses this one, with the same reason.
 * Undefined where it is admitted: then answer `client-auth`.
 *
 * @param login the numbers of `>CLIENT:CONNECT,CID,KID`; throws ERR_CLOUDLINK_INVALID_OPTION for anything else
 */
export function clientDeny(
	admission: Admission,
	login: { readonly cid: number | string; readonly kid: number | string },
): Answer<string> {
	const reason = reasonFileLine(admission);
	return (
		reason &&
		`client-deny ${clientId(login.cid)} ${clientId(login.kid)} "busy" "${reason}"`
	);
}
