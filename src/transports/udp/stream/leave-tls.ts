import type { TLSSocket } from 'node:tls';

import {
	EXPORTED_BYTES,
	EXPORTER_LABEL,
	exporterContext,
} from '../wire/keys.js';
import type { UdpStream } from './stream.js';

/**
 * TLS is done: its exporter gives the keys of epoch 1, and it has no more part, as in QUIC (RFC 9001, 4). Returns the stream of
 * the application's bytes, which these keys seal; TLS's own stream is left behind.
 */
export function leaveTls(stream: UdpStream, tls: TLSSocket): UdpStream {
	const { options, serverId } = stream.connection;
	const exported = tls.exportKeyingMaterial(
		EXPORTED_BYTES,
		EXPORTER_LABEL,
		exporterContext(options.clientId, serverId),
	);
	tls.on('error', () => undefined);
	// Not in this turn, which may be one of TLS's own.
	setImmediate(() => {
		tls.destroy();
	});
	return stream.succeed(exported);
}
