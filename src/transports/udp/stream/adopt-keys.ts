import type { TLSSocket } from 'node:tls';

import type { Connection } from '../connection/connection.js';
import {
	EXPORTED_BYTES,
	EXPORTER_LABEL,
	exporterContext,
} from '../wire/keys.js';

/** TLS is done: its exporter gives the keys of epoch 1. */
export function adoptKeys(connection: Connection, socket: TLSSocket): void {
	const context = exporterContext(
		connection.options.clientId,
		connection.serverId,
	);
	connection.secure(
		socket.exportKeyingMaterial(EXPORTED_BYTES, EXPORTER_LABEL, context),
	);
}
