import { connect, createServer, type Server, type Socket } from 'node:net';

/** An HTTP proxy that speaks CONNECT and nothing else. */
export class ConnectProxy {
	/** The heads of the requests that came. */
	readonly requests: string[] = [];
	readonly #sockets = new Set<Socket>();
	readonly #server: Server;

	/** @param answer gives the port of loopback to pass a request on to, or the status line that refuses it. */
	static async start(
		answer: (head: string) => number | string,
	): Promise<ConnectProxy> {
		const proxy = new ConnectProxy(answer);
		await new Promise<void>((resolve) => {
			proxy.#server.listen(0, '127.0.0.1', resolve);
		});
		return proxy;
	}

	private constructor(answer: (head: string) => number | string) {
		this.#server = createServer((socket) => {
			this.#keep(socket);
			// A client may write its request in pieces; what is cut off here would reach the node as the first bytes of its link.
			let head = '';
			const read = (chunk: Buffer) => {
				head += chunk.toString('latin1');
				if (!head.includes('\r\n\r\n')) {
					return;
				}
				socket.off('data', read);
				this.requests.push(head);
				const to = answer(head);
				if (typeof to === 'string') {
					socket.end(`${to}\r\n\r\n`);
					return;
				}
				const onward = connect(to, '127.0.0.1', () => {
					socket.write('HTTP/1.1 200 OK\r\n\r\n');
					socket.pipe(onward).pipe(socket);
				});
				this.#keep(onward);
			};
			socket.on('data', read);
		});
	}

	get port(): number {
		return (this.#server.address() as { port: number }).port;
	}

	stop(): void {
		this.#server.close();
		for (const socket of this.#sockets) {
			socket.destroy();
		}
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on('error', () => undefined);
		socket.once('close', () => this.#sockets.delete(socket));
	}
}
