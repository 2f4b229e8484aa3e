import { X509Certificate } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import {
	checkServerIdentity,
	connect,
	type PeerCertificate,
	type SecureContext,
	type TLSSocket,
} from 'node:tls';

import { DialError, outcome } from '../../outcome.js';
import { classifyTlsError } from './classify.js';

export interface SecureOptions {
	/** The name that is verified, and asked for (SNI) unless it is an IP address. */
	readonly host: string;
	readonly ca?: string | readonly string[];
	/** Made beforehand, instead of one from `ca` that takes TLS 1.2 and later. */
	readonly secureContext?: SecureContext;
}

/**
 * TLS over a connected socket, verified. Rejects with a DialError, or with the signal's reason; the socket is
 * destroyed then.
 */
export function secure(
	socket: Duplex,
	{ host, ca, secureContext }: SecureOptions,
	signal: AbortSignal,
): Promise<TLSSocket> {
	return new Promise((resolve, reject) => {
		const tls = connect({
			socket,
			host,
			...(isIP(host) ? {} : { servername: host }),
			...(ca === undefined ? {} : { ca: [ca].flat() }),
			minVersion: 'TLSv1.2',
			...(secureContext ? { secureContext } : {}),
			ALPNProtocols: ['http/1.1'],
			rejectUnauthorized: true,
			checkServerIdentity: (_, certificate) => checkIdentity(host, certificate),
		});
		const settle = () => {
			signal.removeEventListener('abort', onAbort);
			tls.off('error', onError);
			tls.off('close', onClose);
			// One stays, for an error between two steps.
			tls.on('error', () => undefined);
		};
		const fail = (reason: Error) => {
			settle();
			tls.destroy();
			socket.destroy();
			reject(reason);
		};
		const onAbort = () => {
			fail(signal.reason as Error);
		};
		const onError = (error: NodeJS.ErrnoException) => {
			fail(new DialError(classifyTlsError(error, host)));
		};
		const onClose = () => {
			fail(
				new DialError(
					outcome('early-reset', 'The connection ended in the TLS handshake.'),
				),
			);
		};
		signal.addEventListener('abort', onAbort, { once: true });
		tls.on('error', onError);
		tls.on('close', onClose);
		tls.once('secureConnect', () => {
			settle();
			resolve(tls);
		});
	});
}

/** Node 22.23 finds no IPv6 address in a certificate that names it; OpenSSL does. */
function checkIdentity(
	host: string,
	certificate: PeerCertificate,
): Error | undefined {
	return isIPv6(host) && new X509Certificate(certificate.raw).checkIP(host)
		? undefined
		: checkServerIdentity(host, certificate);
}
