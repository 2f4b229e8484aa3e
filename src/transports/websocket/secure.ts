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
		// The certificate is seen before Node judges it: afterwards it is gone.
		let shown: PeerCertificate | undefined;
		tls.prependOnceListener('secure', () => {
			shown = tls.getPeerCertificate();
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
			// Where the context was made beforehand it is UDP, which no portal speaks.
			const isForeign =
				!secureContext &&
				shown !== undefined &&
				isPortal(error, host, shown, ca);
			fail(new DialError(classifyTlsError(error, host, isForeign)));
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

/**
 * Whether a certificate looks like that of a captive portal: it names another host, and was not issued by the
 * authority that was given. One that such an authority did issue is a node's whose names are wrong.
 */
function isPortal(
	error: NodeJS.ErrnoException,
	host: string,
	shown: PeerCertificate,
	ca: SecureOptions['ca'],
): boolean {
	const isVouchedFor = error.code === 'ERR_TLS_CERT_ALTNAME_INVALID';
	return isVouchedFor
		? ca === undefined
		: checkIdentity(host, shown) !== undefined;
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
