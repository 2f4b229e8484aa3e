import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** Where devices knock, and the subprotocol that they ask for: see docs/protocol.md. */
const UPGRADE_PATH = '/cloudlink/v1';
const SUBPROTOCOL = 'cloudlink.h2.v1';

/** An answer to an upgrade that is not the 101. */
export interface Refusal {
	readonly status: number;
	readonly headers?: Readonly<Record<string, string>>;
}

/** Answers and closes. */
export function refuse(stream: Duplex, { status, headers }: Refusal): void {
	const lines = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}`,
		...Object.entries({
			Connection: 'close',
			'Content-Length': '0',
			...headers,
		}).map(([name, value]) => `${name}: ${value}`),
	];
	stream.end(`${lines.join('\r\n')}\r\n\r\n`);
	stream.resume();
}

/** What is wrong with the form of an upgrade, if anything. */
export function malformed(request: IncomingMessage): Refusal | undefined {
	if (request.url !== UPGRADE_PATH) {
		return { status: 404 };
	}
	const protocols = request.headers['sec-websocket-protocol']?.split(/\s*,\s*/);
	return protocols?.includes(SUBPROTOCOL) ? undefined : { status: 400 };
}

/** Who knocks (RFC 7617); the uuid in lower case. Undefined if it does not say. */
export function credentials(
	request: IncomingMessage,
): { uuid: string; key: string } | undefined {
	const basic = /^Basic ([A-Za-z0-9+/]+=*)$/i.exec(
		request.headers.authorization ?? '',
	);
	const pair = /^([^:]+):(.*)$/s.exec(
		Buffer.from(basic?.[1] ?? '', 'base64').toString('utf8'),
	);
	return pair ? { uuid: pair[1]!.toLowerCase(), key: pair[2]! } : undefined;
}
