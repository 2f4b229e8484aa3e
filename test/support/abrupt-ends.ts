import * as diagnosticsChannel from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Link, Transport } from '../../src/transport.js';
import type { WebsocketOptions } from '../../src/transports/websocket/index.js';
import { dialRequest } from './dial.js';
import { LocalService } from './local-services.js';
import { NativeNode, statusOf, type NodeLink } from './native-node.js';
import { UUID } from './tunnel-pair.js';

/** How far a link has come when it is cut. The first three are stages of the dial. */
export const STAGES = [
	'connected',
	'asked',
	'accepted',
	'open',
	'connecting a stream',
	'mid-data',
	'flood to the device',
	'flood from the device',
	'half closed by the node',
	'half closed by the service',
	'draining',
	'ping in flight',
	'closing',
] as const;

interface Ends {
	/** The node's end, as far as there is one yet. */
	readonly far?: NodeLink;
	readonly nodeSocket: Socket;
	readonly deviceSocket?: Socket;
	/** Aborts the dial, and closes the link if there is one. */
	giveUp(): void;
}

/** How it is cut, and by whom. */
const CUTS = {
	'node socket destroy': ({ nodeSocket }) => nodeSocket.destroy(),
	'node socket reset': ({ nodeSocket }) => nodeSocket.resetAndDestroy(),
	'node socket end': ({ nodeSocket }) => nodeSocket.end(),
	'node WebSocket terminate': ({ far, nodeSocket }) => {
		far?.ws.terminate();
		if (!far) {
			nodeSocket.destroy();
		}
	},
	'node WebSocket close': ({ far, nodeSocket }) => {
		far?.ws.close(1011);
		if (!far) {
			nodeSocket.end();
		}
	},
	'node duplex destroy': ({ far, nodeSocket }) =>
		(far?.duplex ?? nodeSocket).destroy(),
	'node session destroy': ({ far, nodeSocket }) => {
		(far?.session ?? nodeSocket).destroy();
	},
	'node GOAWAY 11': ({ far, nodeSocket }) => {
		far?.session.goaway(11);
		if (!far) {
			nodeSocket.resetAndDestroy();
		}
	},
	'node garbage': ({ far, nodeSocket }) =>
		(far?.socket ?? nodeSocket).end(Buffer.alloc(1000, 0xff)),
	'device socket destroy': ({ deviceSocket }) => deviceSocket?.destroy(),
	'device socket reset': ({ deviceSocket }) => deviceSocket?.resetAndDestroy(),
	'device gives up': ({ giveUp }) => {
		giveUp();
	},
} satisfies Record<string, (ends: Ends) => unknown>;

export const MEANS = Object.keys(CUTS) as Means[];

export type Stage = (typeof STAGES)[number];
export type Means = keyof typeof CUTS;

/** Generous: the machine may be busy. What takes longer is a zombie. */
const ZOMBIE_MS = 10_000;

export interface World {
	readonly websocket: (options?: WebsocketOptions) => Transport;
	readonly tls?: { ca: string; key: string; cert: string };
}

/**
 * Makes one link (or half of one), cuts it, and returns what was not left in order; nothing if all was.
 */
export async function abruptEnd(
	world: World,
	stage: Stage,
	means: Means,
): Promise<string | undefined> {
	const one = new OneEnd(world, stage);
	try {
		await one.reach();
		one.cut(means);
		return await one.settled();
	} finally {
		await one.cleanUp();
	}
}

class OneEnd {
	readonly #world: World;
	readonly #stage: Stage;
	/** Every client socket of this process that was made meanwhile: the device's raw ones are among them. */
	readonly #sockets: Socket[] = [];
	readonly #abort = new AbortController();
	#node!: NativeNode;
	#service!: LocalService;
	#dialled!: Promise<Link | undefined>;
	#link: Link | undefined;
	#far: NodeLink | undefined;
	#nodeSocket: Socket | undefined;
	#device: Socket | undefined;

	constructor(world: World, stage: Stage) {
		this.#world = world;
		this.#stage = stage;
		diagnosticsChannel.subscribe('net.client.socket', this.#onSocket);
	}

	readonly #onSocket = (message: unknown) => {
		this.#sockets.push((message as { socket: Socket }).socket);
	};

	/** The device's end of the connection. */
	#deviceSocket(): Socket | undefined {
		return this.#sockets.find(
			({ localPort }) =>
				localPort !== undefined && localPort === this.#nodeSocket!.remotePort,
		);
	}

	async reach(): Promise<void> {
		const stage = this.#stage;
		this.#service = await LocalService.start((socket) => {
			if (stage === 'flood from the device') {
				flood(socket);
			} else if (stage === 'half closed by the service') {
				socket.end('bye');
			} else {
				socket.pipe(socket);
			}
		});
		const { tls, websocket } = this.#world;
		const [early, reached] = signalled();
		this.#node = await NativeNode.start({
			tls,
			onConnection: (socket) => {
				this.#nodeSocket = socket;
				if (stage === 'connected') {
					reached();
				}
			},
			...(stage === 'asked' || stage === 'accepted'
				? {
						onUpgrade: (request, socket, head) => {
							if (stage === 'accepted') {
								this.#node.accept(request, socket, head);
							}
							reached();
						},
					}
				: {}),
		});
		const transport = websocket(tls ? { ca: tls.ca } : { insecure: true });
		this.#dialled = transport
			.dial(
				dialRequest(this.#node.address, {
					services: [{ port: this.#service.port }],
					signal: this.#abort.signal,
				}),
			)
			.catch(() => undefined);
		if (stage === 'connected' || stage === 'asked') {
			await early;
			return;
		}
		this.#far = await this.#node.link();
		if (stage === 'accepted') {
			return;
		}
		this.#link = await this.#dialled;
		if (!this.#link) {
			throw new Error('The dial failed before it was cut.');
		}
		await this.#use(this.#far, this.#link);
	}

	async #use(far: NodeLink, link: Link): Promise<void> {
		const stage = this.#stage;
		if (stage === 'open') {
			return;
		}
		if (stage === 'ping in flight') {
			far.session.ping(() => undefined);
			return;
		}
		const streams = Array.from({ length: 3 }, () =>
			far.open(`${UUID}.balena:${this.#service.port}`),
		);
		if (stage === 'connecting a stream') {
			return;
		}
		await Promise.all(streams.map(statusOf));
		for (const stream of streams) {
			stream.resume();
			if (stage === 'flood to the device') {
				flood(stream);
			} else {
				stream.write(Buffer.alloc(50_000));
			}
			if (stage === 'half closed by the node') {
				stream.end();
			}
		}
		await Promise.race(streams.map((stream) => once(stream, 'data')));
		if (stage === 'draining') {
			far.session.goaway(0);
		} else if (stage === 'closing') {
			void link.close(5000);
		} else if (stage.startsWith('flood')) {
			await sleep(3);
		}
	}

	cut(means: Means): void {
		this.#device = this.#deviceSocket();
		CUTS[means]({
			far: this.#far,
			nodeSocket: this.#nodeSocket!,
			deviceSocket: this.#device,
			giveUp: () => {
				this.#abort.abort(new Error('enough'));
				void this.#link?.close(0);
			},
		});
	}

	/** The link must be over, and so must its sockets on the device. */
	async settled(): Promise<string | undefined> {
		const zombie = new AbortController();
		const over = (async () => {
			const link = this.#link ?? (await this.#dialled);
			await link?.ended;
			while (this.#device?.closed === false) {
				await sleep(5);
			}
			zombie.abort();
		})();
		await sleep(ZOMBIE_MS, undefined, zombie).catch(() => undefined);
		if (zombie.signal.aborted) {
			await over;
			return undefined;
		}
		const is = this.#device?.closed ? 'closed' : 'open';
		return `the device's socket is ${is}, the link ${this.#link ? 'was' : 'was not'} up`;
	}

	async cleanUp(): Promise<void> {
		diagnosticsChannel.unsubscribe('net.client.socket', this.#onSocket);
		await this.#link?.close(0);
		await this.#node.stop();
		await this.#service.stop();
	}
}

function signalled(): [Promise<void>, () => void] {
	let signal: () => void = () => undefined;
	const came = new Promise<void>((resolve) => {
		signal = resolve;
	});
	return [came, signal];
}

function flood(stream: Writable): void {
	const chunk = Buffer.alloc(64 * 1024);
	const more = () => {
		if (stream.writable && stream.write(chunk)) {
			setImmediate(more);
		}
	};
	stream.on('drain', more);
	more();
}

const AT_ONCE = 8;

/** Every stage with every means, twice, some at once; an uncaught error is for the test runner to see. */
export async function abruptEnds(
	world: World,
): Promise<{ ends: number; problems: string[]; handlesLeft: number }> {
	const before = openHandles();
	const cases = STAGES.flatMap((stage) =>
		MEANS.map((means) => [stage, means] as const),
	);
	const queue = [...cases, ...cases];
	const ends = queue.length;
	const problems: string[] = [];
	const worker = async () => {
		for (let next = queue.shift(); next; next = queue.shift()) {
			const [stage, means] = next;
			const problem = await abruptEnd(world, stage, means);
			if (problem) {
				problems.push(`${means} when ${stage}: ${problem}`);
			}
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	for (let i = 0; i < 200 && openHandles() > before; i++) {
		await sleep(10);
	}
	return { ends, problems, handlesLeft: Math.max(0, openHandles() - before) };
}

function openHandles(): number {
	return process
		.getActiveResourcesInfo()
		.filter((name) => /TCP|TLS|Timeout|Pipe/.test(name)).length;
}
