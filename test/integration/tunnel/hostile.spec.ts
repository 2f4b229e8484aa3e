import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket, WebSocketServer } from 'ws';

import { systemClock, systemRandom } from '../../../src/runtime/index.js';
import { WebSocketDuplex } from '../../../src/transports/native/ws-duplex.js';
import {
	serveTunnel,
	type Tunnel,
	type TunnelOptions,
} from '../../../src/tunnel/index.js';
import { LocalService } from '../../support/local-services.js';
import { NativeNode } from '../../support/native-node.js';
import { UUID } from '../../support/tunnel-pair.js';
import { until } from '../../support/until.js';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const CONTINUATION = 9;
const ACK = 1;
const END_HEADERS = 4;
const END_STREAM = 1;

/** One HTTP/2 frame (RFC 9113, 4.1). */
function frame(
	type: number,
	flags: number,
	stream: number,
	payload = Buffer.alloc(0),
): Buffer {
	const head = Buffer.alloc(9);
	head.writeUIntBE(payload.length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, payload]);
}

/** A header field as a literal that is never indexed (RFC 7541, 6.2.3); short names and values only. */
function field(name: string, value: string): Buffer {
	const literal = (text: string) =>
		Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
	return Buffer.concat([Buffer.from([0x10]), literal(name), literal(value)]);
}

const connectTo = (port: number) =>
	Buffer.concat([
		field(':method', 'CONNECT'),
		field(':authority', `${UUID}.balena:${port}`),
	]);

describe('A hostile node', () => {
	let node: NativeNode;
	let service: LocalService;
	let tunnel: Tunnel;
	let write: (...frames: Buffer[]) => void;

	const start = async (options: Partial<TunnelOptions> = {}, greet = true) => {
		const server = new WebSocketServer({ noServer: true });
		let far: WebSocket | undefined;
		node = await NativeNode.start({
			onUpgrade: (request, socket, head) => {
				server.handleUpgrade(request, socket, head, (ws) => {
					far = ws.on('error', () => undefined);
				});
			},
		});
		const near = new WebSocket(`ws://${node.address}/`);
		const duplex = new WebSocketDuplex(near);
		await once(near, 'open');
		tunnel = serveTunnel(duplex, {
			uuid: UUID,
			services: [{ port: service.port }],
			livenessMs: 2000,
			runtime: { clock: systemClock, random: systemRandom },
			listener: { onHint: () => undefined, onGoaway: () => undefined },
			...options,
		});
		await until(() => far !== undefined);
		write = (...frames) => {
			if (far?.readyState === WebSocket.OPEN) {
				far.send(Buffer.concat(frames));
			}
		};
		if (greet) {
			write(PREFACE, frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0));
			await tunnel.ready;
		}
	};

	beforeEach(async () => {
		service = await LocalService.start((socket) => socket.resume());
	});

	afterEach(async () => {
		await tunnel.close(0);
		await node.stop();
		await service.stop();
	});

	it('that says nothing is given up after the handshake limit', async () => {
		await start({ limits: { handshakeMs: 100 } }, false);
		expect(await tunnel.ended).to.deep.equal({ why: 'handshake' });
	});

	it('that sends no HTTP/2 is given up', async () => {
		await start({ limits: { handshakeMs: 500 } }, false);
		write(Buffer.from('GET / HTTP/1.1\r\nHost: device\r\n\r\n'));
		expect((await tunnel.ended).why).to.be.oneOf(['session', 'handshake']);
	});

	it('that sends garbage later is given up, within the liveness bound at the latest', async () => {
		await start();
		write(Buffer.alloc(1000, 0xff));
		expect((await tunnel.ended).why).to.be.oneOf([
			'session',
			'carrier',
			'silent',
		]);
	});

	it('that opens streams too fast is cut', async () => {
		await start({ limits: { streamOpens: { perSecond: 1, burst: 50 } } });
		for (let id = 1; id < 200; id += 2) {
			write(frame(HEADERS, END_HEADERS, id, connectTo(1)));
		}
		expect(await tunnel.ended).to.deep.equal({
			why: 'limit',
			limit: 'streamOpens',
		});
	});

	it('that opens and resets streams is cut (rapid reset)', async () => {
		await start({ limits: { streamResets: { perSecond: 1, burst: 50 } } });
		for (let id = 1; id < 400; id += 2) {
			write(
				frame(HEADERS, END_HEADERS, id, connectTo(service.port)),
				frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8])),
			);
		}
		const ended = await tunnel.ended;
		expect(ended).to.deep.equal({ why: 'limit', limit: 'streamResets' });
		expect(tunnel.openStreams).to.equal(0);
	});

	it('that resets more than the library bears leaves no zombie by default either', async () => {
		await start();
		for (let id = 1; id < 6000; id += 2) {
			write(
				frame(HEADERS, END_HEADERS, id, connectTo(service.port)),
				frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8])),
			);
		}
		expect((await tunnel.ended).why).to.be.oneOf([
			'limit',
			'session',
			'carrier',
			'silent',
		]);
	});

	it('that resets a thousand streams it had open at once is not cut', async () => {
		await start();
		const ids = Array.from({ length: 1000 }, (_, i) => 2 * i + 1);
		write(
			...ids.map((id) =>
				frame(HEADERS, END_HEADERS, id, connectTo(service.port)),
			),
		);
		await until(() => tunnel.openStreams === 1000);
		write(
			...ids.map((id) => frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8]))),
		);
		await until(() => tunnel.openStreams === 0);
		const first = await Promise.race([
			tunnel.ended,
			new Promise((resolve) => setTimeout(resolve, 300, 'alive')),
		]);
		expect(first).to.equal('alive');
	});

	it('cannot have more streams than the limit', async () => {
		await start({ limits: { maxStreams: 10 } });
		for (let id = 1; id < 100; id += 2) {
			write(frame(HEADERS, END_HEADERS, id, connectTo(service.port)));
		}
		let over = false;
		void tunnel.ended.then(() => {
			over = true;
		});
		await until(() => over || service.sockets.length >= 10);
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(service.sockets.length).to.be.at.most(10);
	});

	for (const [what, attack] of [
		[
			'floods with SETTINGS',
			() => {
				write(...Array.from({ length: 20_000 }, () => frame(SETTINGS, 0, 0)));
			},
		],
		[
			'floods with PING',
			() => {
				write(
					...Array.from({ length: 20_000 }, () =>
						frame(PING, 0, 0, Buffer.alloc(8)),
					),
				);
			},
		],
		[
			'never ends its headers',
			() => {
				write(frame(HEADERS, 0, 1, connectTo(1)));
				for (let i = 0; i < 200; i++) {
					const more = Buffer.concat(
						Array.from({ length: 20 }, () => field('x', 'y'.repeat(100))),
					);
					write(frame(CONTINUATION, 0, 1, more));
				}
			},
		],
		[
			'floods with empty DATA',
			() => {
				write(
					frame(HEADERS, END_HEADERS, 1, connectTo(service.port)),
					...Array.from({ length: 50_000 }, () => frame(DATA, 0, 1)),
				);
			},
		],
	] as const) {
		it(`that ${what} is cut, or costs nothing that lasts`, async () => {
			await start();
			const before = process.memoryUsage().rss;
			attack();
			await Promise.race([
				tunnel.ended,
				new Promise((resolve) => setTimeout(resolve, 3000)),
			]);
			const grown = (process.memoryUsage().rss - before) / 2 ** 20;
			expect(grown).to.be.lessThan(100);
		});
	}

	it('may not ask for an extended CONNECT, nor for headers without end', async () => {
		await start();
		const long = Buffer.concat(
			Array.from({ length: 60 }, (_, i) => field(`x${i}`, 'y')),
		);
		write(
			frame(
				HEADERS,
				END_HEADERS + END_STREAM,
				1,
				Buffer.concat([connectTo(service.port), long]),
			),
			frame(
				HEADERS,
				END_HEADERS,
				3,
				Buffer.concat([
					field(':method', 'CONNECT'),
					field(':protocol', 'websocket'),
					field(':scheme', 'http'),
					field(':path', '/'),
					field(':authority', `${UUID}.balena:${service.port}`),
				]),
			),
			frame(HEADERS, END_HEADERS, 5, connectTo(service.port)),
		);
		const [socket] = await Promise.all([
			service.socket(0),
			until(() => tunnel.openStreams <= 1),
		]);
		expect(socket.destroyed).to.equal(false);
		expect(service.sockets).to.have.length(1);
	});
});
