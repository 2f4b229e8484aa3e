import * as http from 'node:http';
import type { Socket } from 'node:net';

/** Asks an HTTP proxy for a tunnel; rejects with the status line's words if it is refused. */
export function tunnelThrough(
	proxyPort: number,
	authority: string,
): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const request = http.request({
			host: '127.0.0.1',
			port: proxyPort,
			method: 'CONNECT',
			path: authority,
			agent: false,
		});
		request.on('error', reject);
		request.on('connect', (response, socket: Socket, head) => {
			socket.on('error', () => undefined);
			if (response.statusCode !== 200) {
				socket.destroy();
				reject(
					new Error(`${response.statusCode} ${String(response.statusMessage)}`),
				);
				return;
			}
			socket.allowHalfOpen = true;
			socket.unshift(head);
			resolve(socket);
		});
		request.end();
	});
}

/** Everything until the other side ends; rejects on a reset. */
export async function readAll(socket: Socket): Promise<string> {
	let text = '';
	for await (const bytes of socket) {
		text += String(bytes);
	}
	return text;
}
