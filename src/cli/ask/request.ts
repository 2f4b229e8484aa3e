import { request } from 'node:http';

import type { HealthAddress } from '../../telemetry/address.js';

const REPLY_LIMIT_BYTES = 1024 * 1024;
const TIMEOUT_MS = 15_000;

/** Asks the running agent something, over HTTP on a local socket; rejects where nobody answers. */
export function askAgent(
	address: HealthAddress,
	method: 'GET' | 'POST',
	path: string,
): Promise<{ readonly status: number; readonly body: string }> {
	return new Promise((resolve, reject) => {
		const target = 'path' in address ? { socketPath: address.path } : address;
		const outgoing = request({ ...target, method, path, timeout: TIMEOUT_MS });
		outgoing.on('error', reject);
		outgoing.on('timeout', () => {
			outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`));
		});
		outgoing.on('response', (response) => {
			let body = '';
			response.setEncoding('utf8');
			response.on('data', (chunk: string) => {
				body += chunk;
				if (body.length > REPLY_LIMIT_BYTES) {
					outgoing.destroy(new Error('the answer is too long'));
				}
			});
			response.on('end', () => {
				resolve({ status: response.statusCode ?? 0, body });
			});
			response.on('error', reject);
		});
		outgoing.end();
	});
}

/** A JSON object with all of these keys, or undefined: something else may listen there. */
export function replyWith<T extends object>(
	body: string,
	...keys: Array<keyof T & string>
): T | undefined {
	try {
		const reply = JSON.parse(body) as object | null;
		return reply !== null && keys.every((key) => key in reply)
			? (reply as T)
			: undefined;
	} catch {
		return undefined;
	}
}
