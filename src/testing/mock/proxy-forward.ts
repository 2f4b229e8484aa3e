import * as http from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Headers of one hop (RFC 9110, 7.6.1), and the offer of 100 Continue, which the proxy has answered. */
const ONE_HOP = new Set([
	'connection',
	'keep-alive',
	'proxy-authenticate',
	'proxy-authorization',
	'proxy-connection',
	'te',
	'trailer',
	'upgrade',
	'expect',
]);

/** The headers that go on, as name and value in turn. */
function endToEnd(message: http.IncomingMessage): string[] {
	const named = new Set(
		(message.headers.connection ?? '').toLowerCase().split(/\s*,\s*/),
	);
	const kept: string[] = [];
	for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
		const [name = '', value = ''] = message.rawHeaders.slice(i, i + 2);
		if (!ONE_HOP.has(name.toLowerCase()) && !named.has(name.toLowerCase())) {
			kept.push(name, value);
		}
	}
	return kept;
}

/**
 * Carries one request in absolute form: asks the proxy itself for a tunnel, as a client would that knows
 * how, and speaks HTTP through it. (HTTP straight into the HTTP/2 stream would be shorter, but Node's HTTP
 * client writes strings, and a string in a corked write to an HTTP/2 stream was seen to arrive corrupted.)
 */
export function forward(
	request: http.IncomingMessage,
	response: http.ServerResponse,
	url: URL,
	proxyPort: number,
): void {
	const tunnel = http.request({
		host: '127.0.0.1',
		port: proxyPort,
		method: 'CONNECT',
		path: url.host,
		agent: false,
	});
	response.on('close', () => {
		tunnel.destroy();
	});
	tunnel.on('error', () => {
		response.destroy();
	});
	tunnel.on('connect', (answer, socket) => {
		if (answer.statusCode === 200) {
			exchange(request, response, url, socket);
			return;
		}
		socket.destroy();
		response.writeHead(answer.statusCode ?? 502);
		response.end(`${answer.statusMessage}\n`);
	});
	tunnel.end();
}

function exchange(
	request: http.IncomingMessage,
	response: http.ServerResponse,
	url: URL,
	socket: Socket,
): void {
	const upstream = http.request({
		createConnection: () => socket,
		method: request.method,
		path: url.pathname + url.search,
		headers: endToEnd(request) as never,
		setHost: false,
	});
	upstream.on('response', (answer) => {
		response.sendDate = false;
		response.writeHead(
			answer.statusCode ?? 502,
			answer.statusMessage ?? '',
			endToEnd(answer),
		);
		// A torn answer tears the client's connection too, so that it is not taken for a whole one.
		pipeline(answer, response, () => undefined);
	});
	upstream.on('error', (error) => {
		if (response.headersSent) {
			response.destroy();
		} else {
			response.writeHead(502).end(`The service failed: ${error.message}\n`);
		}
	});
	response.on('close', () => {
		upstream.destroy();
	});
	pipeline(request, upstream, () => undefined);
}
