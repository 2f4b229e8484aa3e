import { createServer, request, Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

const STEP_MS = 20;

/** A node that takes everything at once. */
export async function startBackend() {
	const server = createServer((_request, response) => {
		response.end();
	});
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		async stop() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

export interface Admitted {
	/** A second, over the measured time. */
	readonly sent: number;
	readonly admitted: number;
	/** Of those that were refused. */
	readonly retryAfterSeconds: number[];
}

/** Sends so many requests a second whatever becomes of them, and counts after the first second. */
export async function overload(
	port: number,
	perSecond: number,
	seconds: number,
): Promise<Admitted> {
	const agent = new Agent({ keepAlive: true, maxSockets: 200 });
	const retryAfterSeconds: number[] = [];
	let sent = 0;
	let admitted = 0;
	let counts = false;
	const open: Array<Promise<void>> = [];
	const ask = async () => {
		await new Promise<void>((resolve) => {
			const isCounted = counts;
			sent += isCounted ? 1 : 0;
			request({ port, agent, path: '/cloudlink/device' }, (response) => {
				if (response.statusCode === 200) {
					admitted += isCounted ? 1 : 0;
				} else {
					retryAfterSeconds.push(Number(response.headers['retry-after']));
				}
				response.resume();
				response.once('end', resolve);
			})
				.once('error', () => {
					resolve();
				})
				.end();
		});
	};
	const startMs = performance.now();
	const endMs = startMs + (seconds + 1) * 1000;
	let due = 0;
	let fromMs = 0;
	while (performance.now() < endMs) {
		const nowMs = performance.now();
		if (!counts && nowMs >= startMs + 1000) {
			counts = true;
			fromMs = nowMs;
		}
		for (; due < ((nowMs - startMs) / 1000) * perSecond; due++) {
			open.push(ask());
		}
		await pause(STEP_MS);
	}
	const tookSeconds = (performance.now() - fromMs) / 1000;
	await Promise.all(open);
	agent.destroy();
	return {
		sent: sent / tookSeconds,
		admitted: admitted / tookSeconds,
		retryAfterSeconds,
	};
}
