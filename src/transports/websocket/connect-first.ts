import { connect, type Socket } from 'node:net';

import type { Clock, Timer } from '../../runtime/index.js';
import type { Address } from './addresses.js';

/** RFC 8305, 5: the pause before the next address is tried beside those that have not answered yet. */
const NEXT_ADDRESS_AFTER_MS = 250;

/** No host needs more; a resolver that says otherwise does not get to open sockets without end. */
const MOST_ADDRESSES = 16;

/** Which failure tells most, when every address failed. */
const TELLING = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'];

/**
 * Connects to the first address that answers ("happy eyeballs", RFC 8305). Node's own `autoSelectFamily` gives an
 * address up after 250 ms before it tries the next one, which on Node 20 a slow mobile network never survives.
 *
 * Rejects with the most telling of the system's errors, or the signal's reason; no socket is left then.
 */
export function connectFirst(
	addresses: readonly Address[],
	port: number,
	clock: Clock,
	signal: AbortSignal,
): Promise<Socket> {
	return new Promise((resolve, reject) => {
		signal.throwIfAborted();
		const waiting = addresses.slice(0, MOST_ADDRESSES);
		const trying = new Set<Socket>();
		const errors: NodeJS.ErrnoException[] = [];
		let timer: Timer | undefined;

		const settle = () => {
			timer?.cancel();
			signal.removeEventListener('abort', onAbort);
			waiting.length = 0;
			for (const socket of trying) {
				socket.destroy();
			}
		};
		const onAbort = () => {
			settle();
			reject(signal.reason as Error);
		};
		const next = () => {
			timer?.cancel();
			const address = waiting.shift();
			if (!address) {
				if (trying.size === 0) {
					settle();
					reject(mostTelling(errors) ?? new Error('The socket was closed.'));
				}
				return;
			}
			const socket = connect({ host: address.address, port, noDelay: true });
			trying.add(socket);
			socket.on('error', (error) => {
				errors.push(error);
			});
			const onClose = () => {
				trying.delete(socket);
				next();
			};
			socket.once('close', onClose);
			socket.once('connect', () => {
				trying.delete(socket);
				socket.off('close', onClose);
				settle();
				resolve(socket);
			});
			if (waiting.length > 0) {
				timer = clock.setTimer(NEXT_ADDRESS_AFTER_MS, next);
			}
		};
		signal.addEventListener('abort', onAbort, { once: true });
		next();
	});
}

function mostTelling(
	errors: readonly NodeJS.ErrnoException[],
): NodeJS.ErrnoException | undefined {
	const rank = ({ code = '' }: NodeJS.ErrnoException) =>
		TELLING.includes(code) ? TELLING.indexOf(code) : TELLING.length;
	return [...errors].sort((a, b) => rank(a) - rank(b))[0];
}
