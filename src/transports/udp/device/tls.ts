import { createSecureContext, type SecureContext } from 'node:tls';

import { secure } from '../../websocket/secure.js';
import type { Dialled } from './connect.js';
import { UdpEndError } from '../connection/end.js';
import { leaveTls } from '../stream/leave-tls.js';
import type { UdpStream } from '../stream/stream.js';

/** What a device verifies its nodes with. Costs some milliseconds, and more with the authorities that Node brings. */
export function clientContext(
	ca: string | readonly string[] | undefined,
): SecureContext {
	return createSecureContext({
		...(ca === undefined ? {} : { ca: [ca].flat() }),
		minVersion: 'TLSv1.3',
	});
}

/**
 * Does the handshake of TLS 1.3 on a connection, verified as on the TCP carrier, and resolves with the stream that the keys of its
 * exporter seal. Rejects with a DialError, a {@link UdpEndError} or the signal's reason; the stream is gone then.
 */
export async function secureClient(
	{ stream, connection }: Dialled,
	{
		host,
		secureContext,
	}: { readonly host: string; readonly secureContext: SecureContext },
	signal: AbortSignal,
): Promise<UdpStream> {
	try {
		const socket = await secure(stream, { host, secureContext }, signal);
		return leaveTls(stream, socket);
	} catch (error) {
		signal.throwIfAborted();
		const { ended } = connection;
		// What ended the connection says more than what TLS saw of it.
		throw ended && ended.reason !== 'aborted' ? new UdpEndError(ended) : error;
	}
}
