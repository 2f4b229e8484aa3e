import { statSync } from 'node:fs';
import type { Socket } from 'node:net';

import { DialError, outcome } from '../../outcome.js';
import { wait, type Clock } from '../../runtime/index.js';
import { classifyExhaustion } from '../native/system-error.js';
import {
	connectToManagement,
	type ManagementAddress,
} from './management-address.js';

/** An openvpn that is being restarted has no socket for a while: asked for this often at first, and then less and less. */
export const ASK_AGAIN_MS = 250;
const SELDOM_MS = 1000;

/** Connects, and tries again while nobody is there. */
export async function connectWhenThere(
	address: ManagementAddress,
	name: string,
	clock: Clock,
	signal: AbortSignal,
): Promise<Socket> {
	for (
		let againMs = ASK_AGAIN_MS;
		;
		againMs = Math.min(2 * againMs, SELDOM_MS)
	) {
		signal.throwIfAborted();
		const socket = isAbsent(address)
			? undefined
			: await tryConnect(address, name);
		if (socket) {
			return socket;
		}
		await wait(clock, againMs, signal);
	}
}

/** Whether there is no file to connect to: to look costs a tenth of a socket that fails. What is wrong with one, the connect says. */
function isAbsent(address: ManagementAddress): boolean {
	try {
		return (
			'path' in address &&
			statSync(address.path, { throwIfNoEntry: false }) === undefined
		);
	} catch {
		return false;
	}
}

/** Undefined where nobody listens (yet); there is an answer at once, on this machine. */
function tryConnect(
	address: ManagementAddress,
	name: string,
): Promise<Socket | undefined> {
	return new Promise((resolve, reject) => {
		const socket = connectToManagement(address);
		socket.once('connect', () => {
			socket.removeAllListeners('error');
			resolve(socket);
		});
		socket.once('error', (cause: NodeJS.ErrnoException) => {
			if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
				resolve(undefined);
				return;
			}
			reject(
				new DialError(
					classifyExhaustion(cause, 'the management socket') ??
						outcome(
							'openvpn-failed',
							`the management socket ${name} cannot be used: ${cause.message}`,
							{ cause },
						),
				),
			);
		});
	});
}
