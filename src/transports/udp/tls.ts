import { isIP } from 'node:net';
import {
	connect as connectTls,
	type SecureContext,
	type TLSSocket,
} from 'node:tls';

import { EXPORTED_BYTES, EXPORTER_LABEL, exporterContext } from './keys.js';
import type { Dialled } from './dial.js';

export interface ClientTlsOptions {
	readonly secureContext: SecureContext;
	/** The name that the certificate must be for. */
	readonly servername: string;
	readonly signal: AbortSignal;
}

/**
 * Puts TLS 1.3 on a connection, and the keys that its exporter gives on the packets. Resolves when the node is
 * verified; rejects with what TLS, the stream or the signal says, and the stream is gone then.
 */
export function secureClient(
	{ stream, connection, driver }: Dialled,
	{ secureContext, servername, signal }: ClientTlsOptions,
): Promise<TLSSocket> {
	return new Promise((resolve, reject) => {
		const socket = connectTls({
			socket: stream,
			secureContext,
			host: servername,
			servername: isIP(servername) ? undefined : servername,
			minVersion: 'TLSv1.3',
		});
		// As on TCP: an end that is not answered by hand is answered.
		socket.allowHalfOpen = false;
		const settle = () => {
			signal.removeEventListener('abort', onAbort);
			socket.off('error', onError);
			socket.off('close', onClose);
			// A listener stays for what comes late.
			socket.on('error', () => undefined);
		};
		const fail = (reason: unknown) => {
			settle();
			socket.destroy();
			stream.destroy();
			// eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- a signal's reason is whatever it is
			reject(reason);
		};
		const onAbort = () => {
			fail(signal.reason);
		};
		const onError = (error: Error) => {
			fail(stream.errored ?? error);
		};
		const onClose = () => {
			fail(
				stream.errored ??
					new Error('The connection was closed during the TLS handshake.'),
			);
		};
		signal.addEventListener('abort', onAbort, { once: true });
		socket.on('error', onError);
		socket.on('close', onClose);
		socket.once('secureConnect', () => {
			settle();
			const context = exporterContext(
				connection.options.clientId,
				connection.serverId,
			);
			connection.secure(
				socket.exportKeyingMaterial(EXPORTED_BYTES, EXPORTER_LABEL, context),
			);
			driver.wake();
			resolve(socket);
		});
		if (signal.aborted) {
			onAbort();
		}
	});
}
