import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { folderPrefix } from './leftovers.js';

/**
 * A unix socket for one openvpn to call us on. Only this user can reach it: it lies in a fresh directory
 * with mode 0700 (what openvpn itself makes has mode 0777). When the first connection is there, or on
 * `close`, socket and directory are removed.
 */
export class ManagementSocket {
	static async open(): Promise<ManagementSocket> {
		const directory = await mkdtemp(join(tmpdir(), folderPrefix()));
		const socket = new ManagementSocket(directory);
		try {
			await new Promise<void>((resolve, reject) => {
				socket.#server.once('error', reject);
				socket.#server.listen(socket.path, resolve);
			});
		} catch (error) {
			await socket.close();
			throw error;
		}
		return socket;
	}

	readonly path: string;
	readonly #server: Server;
	#onConnection: ((socket: Socket) => void) | undefined;

	readonly #directory: string;

	private constructor(directory: string) {
		this.#directory = directory;

		this.path = join(directory, 'management');
		this.#server = createServer((connection) => {
			// A second one is nobody that we know.
			const accept = this.#onConnection;
			this.#onConnection = undefined;
			if (!accept) {
				connection.destroy();
				return;
			}
			accept(connection);
			void this.close();
		});
	}

	/** Set before openvpn is started; called at most once. */
	accept(onConnection: (socket: Socket) => void): void {
		this.#onConnection = onConnection;
	}

	/** Takes no connection any more. Idempotent. */
	async close(): Promise<void> {
		this.#onConnection = undefined;
		this.#server.close();
		await rm(this.#directory, { recursive: true, force: true });
	}
}
