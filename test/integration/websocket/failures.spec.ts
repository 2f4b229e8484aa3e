import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { expect } from 'chai';
import { WebSocketServer, type WebSocket } from 'ws';

import type { OutcomeCode } from '../../../src/outcome.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { addressOf, dialRequest, failedDial } from '../../support/dial.js';
import {
	LocalService,
	closedPort,
	fullBacklog,
} from '../../support/local-services.js';
import { NativeNode } from '../../support/native-node.js';

const plain = websocket({ insecure: true });

describe('A WebSocket dial that fails', () => {
	let node: NativeNode | undefined;
	let service: LocalService | undefined;

	afterEach(async () => {
		await node?.stop();
		await service?.stop();
		node = undefined;
		service = undefined;
	});

	describe('before the upgrade', () => {
		it('is dns-failed when the name does not resolve', async () => {
			// A label of more than 63 bytes: the resolver refuses it without asking anybody.
			const ended = await failedDial(
				plain,
				dialRequest(`${'x'.repeat(64)}.invalid:443`),
			);
			expect(ended).to.include({ kind: 'unreachable', code: 'dns-failed' });
			expect(ended.cause).to.be.instanceOf(Error);
		});

		it('is dns-failed when the resolver does not answer within the deadline', async () => {
			const mute = websocket({ lookup: () => new Promise(() => undefined) });
			const ended = await failedDial(
				mute,
				dialRequest('node.test:443', { deadlineMs: 50 }),
			);
			expect(ended.code).to.equal('dns-failed');
		});

		it('is dns-failed when the name has no address', async () => {
			const empty = websocket({ lookup: () => Promise.resolve([]) });
			const ended = await failedDial(empty, dialRequest('node.test:443'));
			expect(ended.code).to.equal('dns-failed');
		});

		it('is connect-refused when nothing listens', async () => {
			const ended = await failedDial(
				plain,
				dialRequest(`127.0.0.1:${await closedPort()}`),
			);
			expect(ended).to.include({
				kind: 'unreachable',
				code: 'connect-refused',
			});
		});

		it('is no-route when the network has no way there', async () => {
			// TCP to a broadcast address: the kernel refuses it itself, no packet leaves.
			const ended = await failedDial(plain, dialRequest('255.255.255.255:443'));
			expect(ended).to.include({ kind: 'unreachable', code: 'no-route' });
		});

		it('is connect-timeout when no SYN is answered', async () => {
			const hole = await fullBacklog();
			try {
				const ended = await failedDial(
					plain,
					dialRequest(`127.0.0.1:${hole.port}`, { deadlineMs: 200 }),
				);
				expect(ended).to.include({
					kind: 'unreachable',
					code: 'connect-timeout',
				});
			} finally {
				await hole.stop();
			}
		});

		it('tries the next address when the first fails', async () => {
			node = await NativeNode.start();
			// The node listens on the second only; the first refuses.
			const link = await plain.dial(
				dialRequest({
					...addressOf(`node.test:${node.port}`),
					addresses: ['127.0.0.2', '127.0.0.1'],
				}),
			);
			await link.close(0);
		});
	});

	describe('at a peer that is not a node', () => {
		const peers: Array<
			[
				what: string,
				onSocket: (socket: Socket) => void,
				code: OutcomeCode,
				kind: string,
			]
		> = [
			[
				'resets at once',
				(peer) => peer.resetAndDestroy(),
				'early-reset',
				'overloaded',
			],
			['ends at once', (socket) => socket.end(), 'early-reset', 'overloaded'],
			[
				'resets after the request',
				(socket) => socket.once('data', () => socket.resetAndDestroy()),
				'early-reset',
				'overloaded',
			],
			['says nothing', () => undefined, 'upgrade-timeout', 'overloaded'],
			[
				'sends garbage',
				(socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
				'not-cloudlink',
				'unreachable',
			],
			[
				'sends endless headers',
				(socket) => {
					socket.write('HTTP/1.1 101 Switching Protocols\r\n');
					const more = () => {
						if (!socket.destroyed) {
							socket.write(`x: ${'y'.repeat(1000)}\r\n`, () => {
								more();
							});
						}
					};
					more();
				},
				'not-cloudlink',
				'unreachable',
			],
			[
				'accepts with the wrong key',
				(socket) =>
					socket.write(
						'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
							'Sec-WebSocket-Accept: AAAA\r\n\r\n',
					),
				'not-cloudlink',
				'unreachable',
			],
		];
		for (const [what, onSocket, code, kind] of peers) {
			it(`is ${code} when it ${what}`, async () => {
				service = await LocalService.start(onSocket);
				const ended = await failedDial(
					plain,
					dialRequest(`127.0.0.1:${service.port}`, { deadlineMs: 500 }),
				);
				expect(ended).to.include({ code, kind });
			});
		}
	});

	describe('by the answer to the upgrade', () => {
		const answers: Array<
			[status: number, headers: string[], code: OutcomeCode, retryMs?: number]
		> = [
			[401, [], 'http-401'],
			[403, [], 'http-403'],
			[404, [], 'http-404'],
			[400, [], 'http-4xx'],
			[407, [], 'http-4xx'],
			[429, [], 'http-429'],
			[429, ['Retry-After: 30'], 'http-429', 30_000],
			[429, ['Retry-After: 0.25'], 'http-429', 250],
			[429, ['Retry-After: -5'], 'http-429'],
			[429, ['Retry-After: soon'], 'http-429'],
			[429, ['Retry-After: 999999999999'], 'http-429', 86_400_000],
			[429, [`Retry-After: ${'9'.repeat(400)}`], 'http-429'],
			[503, [], 'http-503'],
			[503, ['Retry-After: 5'], 'http-503-retry-after', 5000],
			[503, ['Retry-After: never'], 'http-503'],
			[502, [], 'http-502'],
			[504, [], 'http-504'],
			[500, [], 'http-5xx'],
			[200, ['Content-Length: 0'], 'not-cloudlink'],
			[302, ['Location: http://127.0.0.1:1/'], 'captive-portal'],
			[307, ['Location: http://127.0.0.1:1/'], 'captive-portal'],
			[511, [], 'captive-portal'],
		];
		for (const [status, headers, code, retryMs] of answers) {
			const said = headers[0]?.slice(0, 40) ?? 'nothing more';
			it(`is ${code} after ${status} and ${said}`, async () => {
				node = await NativeNode.start({
					onUpgrade: (_request, socket) => {
						socket.write(
							[`HTTP/1.1 ${status} Whatever`, ...headers, '', ''].join('\r\n'),
						);
					},
				});
				const ended = await failedDial(plain, dialRequest(node.address));
				expect(ended.code).to.equal(code);
				expect(ended.hint?.retryAfterMs).to.equal(retryMs);
			});
		}

		it('reads a Retry-After that is a date', async () => {
			const at = new Date(Date.now() + 60_000).toUTCString();
			node = await NativeNode.start({
				onUpgrade: (_request, socket) => {
					socket.write(
						`HTTP/1.1 503 Busy\r\nRetry-After: ${at}\r\nCloudlink-Reconnect-Window: 20\r\n\r\n`,
					);
				},
			});
			const ended = await failedDial(plain, dialRequest(node.address));
			expect(ended.code).to.equal('http-503-retry-after');
			expect(ended.hint!.retryAfterMs).to.be.within(30_000, 60_000);
			expect(ended.hint!.reconnectWindowMs).to.equal(20_000);
		});

		it("reads that date by the node's own clock, however wrong the device's is", async () => {
			node = await NativeNode.start({
				onUpgrade: (_request, socket) => {
					socket.write(
						'HTTP/1.1 429 Wait\r\nDate: Tue, 19 Nov 2041 10:00:00 GMT\r\n' +
							'Retry-After: Tue, 19 Nov 2041 10:00:42 GMT\r\n\r\n',
					);
				},
			});
			const ended = await failedDial(plain, dialRequest(node.address));
			expect(ended.code).to.equal('http-429');
			expect(ended.hint!.retryAfterMs).to.equal(42_000);
		});

		it('leaves no socket behind, though the body of the answer never ends', async () => {
			const gone = new Promise((resolve) => {
				void NativeNode.start({
					onUpgrade: (_request, socket) => {
						socket.resume().once('end', resolve).once('error', resolve);
						socket.write(
							'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
						);
					},
				}).then(async (started) => {
					node = started;
					await failedDial(plain, dialRequest(started.address));
				});
			});
			await gone;
		});
	});

	describe('after the upgrade was accepted', () => {
		it('is upgrade-timeout when no HTTP/2 follows', async () => {
			node = await NativeNode.start({ onUpgrade: acceptOnly() });
			const ended = await failedDial(
				plain,
				dialRequest(node.address, { deadlineMs: 300 }),
			);
			expect(ended.code).to.equal('upgrade-timeout');
		});

		it('is not-cloudlink when something else follows', async () => {
			node = await NativeNode.start({
				onUpgrade: acceptOnly((ws) => {
					ws.send(Buffer.alloc(100, 'x'));
				}),
			});
			const ended = await failedDial(
				plain,
				dialRequest(node.address, { deadlineMs: 3000 }),
			);
			expect(ended).to.include({ kind: 'unreachable', code: 'not-cloudlink' });
		});

		for (const [close, code] of [
			[1008, 'ws-policy-violation'],
			[1013, 'ws-try-again-later'],
			[1011, 'ws-internal-error'],
			[1012, 'ws-service-restart'],
			[1001, 'ws-going-away'],
			[1000, 'early-reset'],
		] as const) {
			it(`is ${code} when the node closes with ${close}`, async () => {
				node = await NativeNode.start({
					onUpgrade: acceptOnly((ws) => {
						ws.close(close);
					}),
				});
				const ended = await failedDial(plain, dialRequest(node.address));
				expect(ended.code).to.equal(code);
			});
		}
	});

	describe('with a place in a queue', () => {
		/** Tells of the moment in which the node took the connection. */
		const watched = (overrides: object) => {
			const told: string[] = [];
			return {
				told,
				overrides: {
					...overrides,
					onConnected: () => {
						told.push('connected');
					},
				},
			};
		};

		it('gives up a SYN that is not answered after the connect deadline, and says nothing of a connection', async () => {
			const hole = await fullBacklog();
			const { told, overrides } = watched({
				connectDeadlineMs: 200,
				deadlineMs: 60_000,
			});
			try {
				const ended = await failedDial(
					plain,
					dialRequest(`127.0.0.1:${hole.port}`, overrides),
				);
				expect(ended).to.include({
					kind: 'unreachable',
					code: 'connect-timeout',
				});
				expect(told).to.deep.equal([]);
			} finally {
				await hole.stop();
			}
		});

		it('gives up a name that does not resolve after the connect deadline too', async () => {
			const mute = websocket({ lookup: () => new Promise(() => undefined) });
			const ended = await failedDial(
				mute,
				dialRequest('node.test:443', {
					connectDeadlineMs: 50,
					deadlineMs: 60_000,
				}),
			);
			expect(ended.code).to.equal('dns-failed');
		});

		for (const [stage, transport, onSocket, code] of [
			['in TLS', websocket(), () => undefined, 'tls-timeout'],
			['at the upgrade', plain, () => undefined, 'upgrade-timeout'],
			['at the login', plain, acceptOnly(), 'upgrade-timeout'],
		] as const) {
			it(`waits ${stage} until the attempt's deadline, says that it was taken, and is overload`, async () => {
				const { told, overrides } = watched({
					connectDeadlineMs: 100,
					deadlineMs: 700,
				});
				let target: string;
				if (stage === 'at the login') {
					node = await NativeNode.start({ onUpgrade: onSocket });
					target = node.address;
				} else {
					service = await LocalService.start();
					target = `127.0.0.1:${service.port}`;
				}
				const startMs = performance.now();
				const ended = await failedDial(
					transport,
					dialRequest(target, overrides),
				);
				expect(ended).to.include({ kind: 'overloaded', code });
				expect(performance.now() - startMs).to.be.greaterThan(650);
				expect(told).to.deep.equal(['connected']);
			});
		}

		it('is served when its turn comes, long after the connect deadline', async () => {
			const queue = await NativeNode.start({
				onUpgrade: (request, socket, head) => {
					setTimeout(() => {
						queue.accept(request, socket, head);
					}, 400);
				},
			});
			node = queue;
			const link = await plain.dial(
				dialRequest(node.address, {
					connectDeadlineMs: 50,
					deadlineMs: 60_000,
				}),
			);
			await link.close(0);
		});
	});

	it('rejects with the reason of the signal, whatever the stage', async () => {
		service = await LocalService.start();
		const reason = new Error('enough');
		for (const [transport, target] of [
			[
				websocket({ lookup: () => new Promise(() => undefined) }),
				'node.test:1',
			],
			[plain, `127.0.0.1:${service.port}`],
			[websocket(), `127.0.0.1:${service.port}`],
		] as const) {
			const controller = new AbortController();
			const dialled = transport
				.dial(dialRequest(target, { signal: controller.signal }))
				.catch((thrown: unknown) => thrown);
			setImmediate(() => {
				controller.abort(reason);
			});
			expect(await dialled).to.equal(reason);
		}
	});
});

/** Accepts the upgrade and leaves it at that. */
function acceptOnly(then: (ws: WebSocket) => void = () => undefined) {
	const server = new WebSocketServer({ noServer: true });
	return (request: IncomingMessage, socket: Socket, head: Buffer) => {
		server.handleUpgrade(request, socket, head, then);
	};
}
