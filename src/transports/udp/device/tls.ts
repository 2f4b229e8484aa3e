import {
	createSecureContext,
	type SecureContext,
	type TLSSocket,
} from 'node:tls';

import { secure } from '../../websocket/secure.js';
import type { Dialled } from './connect.js';
import { UdpEndError } from '../connection/end.js';
import { adoptKeys } from '../stream/adopt-keys.js';

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
 * Puts TLS 1.3 on a connection, verified as on the TCP carrier, and the keys that its exporter gives on the
 * packets. Rejects with a DialError, a {@link UdpEndError} or the signal's reason; the stream is gone then.
 */
export async function secureClient(
	{ stream, connection, driver }: Dialled,
	{
		host,
		secureContext,
	}: { readonly host: string; readonly secureContext: SecureContext },
	signal: AbortSignal,
): Promise<TLSSocket> {
	try {
		const socket = await secure(stream, { host, secureContext }, signal);
		// As on TCP: an end that is not answered by hand is answered.
		socket.allowHalfOpen = false;
		adoptKeys(connection, socket);
		driver.wake();
		return socket;
	} catch (error) {
		signal.throwIfAborted();
		const { ended } = connection;
		// What ended the connection says more than what TLS saw of it.
		throw ended && ended.reason !== 'aborted' ? new UdpEndError(ended) : error;
	}
}
