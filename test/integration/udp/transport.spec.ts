import { createHash, randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import * as http2 from 'node:http2';

import { expect } from 'chai';

import type { CloudlinkError } from '../../../src/errors.js';
import { DialError, type Outcome } from '../../../src/outcome.js';
import { udp } from '../../../src/transports/udp/index.js';
import type { DialRequest, Transport } from '../../../src/transport.js';
import { closedPort, LocalService } from '../../support/local-services.js';
import { listen, requestFor, UdpNode } from '../../support/udp-node.js';

async function outcomeOf(
	transport: Transport,
	request: DialRequest,
): Promise<Outcome> {
	const link = await transport.dial(request).catch((error: unknown) => {
		expect(error).to.be.an.instanceOf(DialError);
		return (error as DialError).outcome;
	});
	expect(link).to.have.property('kind');
	return link as Outcome;
}

describe('the udp() transport', () => {
	let node: UdpNode;

	beforeEach(async () => {
		node = await UdpNode.start();
	});

	afterEach(async () => {
		await node.stop();
	});

	it('carries a download through CONNECT, upgraded and authenticated as over websocket', async () => {
		const content = randomBytes(2_000_000);
		const service = await LocalService.start((socket) => {
			socket.end(content);
		});
		const link = await udp({ ca: node.ca }).dial(
			requestFor(node.listener.port, { services: [{ port: service.port }] }),
		);
		expect(link).to.include({ transport: 'udp', node: node.address });
		expect(
			Buffer.from(node.authorizations[0]!.split(' ')[1]!, 'base64').toString(),
		).to.equal('a1b2c3:a secret that stays inside TLS');
		const session = await node.session();
		const stream = session.request({
			':method': 'CONNECT',
			':authority': `a1b2c3.balena:${service.port}`,
		});
		const hash = createHash('sha256');
		for await (const chunk of stream) {
			hash.update(chunk as Buffer);
		}
		expect(hash.digest('hex')).to.equal(
			createHash('sha256').update(content).digest('hex'),
		);
		expect(link.stats().bytesOut).to.be.above(content.length);
		await link.close(0);
		expect((await link.ended).kind).to.equal('stopped');
		await service.stop();
	});

	it('ends when the node has restarted, by a stateless reset', async () => {
		const link = await udp({ ca: node.ca }).dial(
			requestFor(node.listener.port, { livenessMs: 500 }),
		);
		await node.restart();
		const ended = await link.ended;
		expect(ended).to.include({ kind: 'lost', code: 'link-reset' });
		expect(node.listener.stats.resets).to.be.above(0);
	});

	it('ends when the node says GOAWAY and closes', async () => {
		const link = await udp({ ca: node.ca }).dial(
			requestFor(node.listener.port),
		);
		(await node.session()).close();
		expect((await link.ended).kind).to.equal('drained');
	});

	it('leaves nothing behind when it is closed: no socket, no connection', async () => {
		const link = await udp({ ca: node.ca }).dial(
			requestFor(node.listener.port),
		);
		await link.close(0);
		while (node.listener.sizes.connections > 0) {
			await new Promise(setImmediate);
		}
		expect(node.listener.sizes).to.include({ connections: 0, halfOpen: 0 });
	});

	it('comes back without a RETRY, with the token from last time', async () => {
		const transport = udp({ ca: node.ca });
		const first = await transport.dial(requestFor(node.listener.port));
		await first.close(0);
		const { retries } = node.listener.stats;
		const second = await transport.dial(requestFor(node.listener.port));
		expect(node.listener.stats.retries).to.equal(retries);
		await second.close(0);
	});

	it('falls back to a RETRY when the token from last time is worth nothing', async () => {
		const transport = udp({ ca: node.ca });
		const first = await transport.dial(requestFor(node.listener.port));
		await first.close(0);
		const other = await UdpNode.start();
		const { port } = node.listener;
		await node.stop();
		await other.stop();
		const replaced = await UdpNode.start({
			port,
			tls: (await listenTls()).tls,
		});
		node = replaced;
		const second = await transport.dial(requestFor(node.listener.port));
		expect(node.listener.stats.retries).to.equal(1);
		await second.close(0);
	});

	const listenTls = async () => {
		const { listener, tls } = await listen();
		await listener.close();
		return { tls };
	};

	describe('fails', () => {
		it('as `udp-blocked` when nothing answers within the connect deadline, however long the attempt may take', async () => {
			node.listener.mute(true);
			const startedMs = performance.now();
			const ended = await outcomeOf(
				udp({ ca: node.ca }),
				requestFor(node.listener.port, {
					connectDeadlineMs: 700,
					deadlineMs: 60_000,
				}),
			);
			expect(ended).to.include({ kind: 'unreachable', code: 'udp-blocked' });
			expect(performance.now() - startedMs).to.be.within(650, 2500);
		});

		it('as `udp-blocked` when the deadline comes first', async () => {
			node.listener.mute(true);
			const ended = await outcomeOf(
				udp({ ca: node.ca }),
				requestFor(node.listener.port, { deadlineMs: 300 }),
			);
			expect(ended.code).to.equal('udp-blocked');
		});

		it('as `connect-refused`, early, when ICMP says that nothing listens', async () => {
			const startedMs = performance.now();
			const ended = await outcomeOf(
				udp({ ca: node.ca }),
				requestFor(await closedPort()),
			);
			expect(ended).to.include({
				kind: 'unreachable',
				code: 'connect-refused',
			});
			expect(performance.now() - startedMs).to.be.below(3000);
		});

		it('as `upgrade-timeout`, which is overload, when a RETRY comes and then silence', async () => {
			const { listener, ca } = await listen({ admit: () => 'silent' });
			const ended = await outcomeOf(
				udp({ ca }),
				requestFor(listener.port, { deadlineMs: 500 }),
			);
			expect(ended).to.include({ kind: 'overloaded', code: 'upgrade-timeout' });
			await listener.close();
		});

		it('the same with a token from last time, although nothing answers that', async () => {
			let quiet = false;
			const limited = await UdpNode.start({
				admit: () => (quiet ? 'silent' : 'accept'),
			});
			const transport = udp({ ca: limited.ca });
			const link = await transport.dial(requestFor(limited.listener.port));
			await link.close(0);
			quiet = true;
			const ended = await outcomeOf(
				transport,
				requestFor(limited.listener.port, {
					connectDeadlineMs: 2000,
					deadlineMs: 2500,
				}),
			);
			expect(ended).to.include({ kind: 'overloaded', code: 'upgrade-timeout' });
			await limited.stop();
		}).timeout(60_000);

		it('as `udp-blocked` with a token from last time when the node is gone, and never says that it was there', async () => {
			const transport = udp({ ca: node.ca });
			const link = await transport.dial(requestFor(node.listener.port));
			await link.close(0);
			node.listener.mute(true);
			let connected = 0;
			const ended = await outcomeOf(
				transport,
				requestFor(node.listener.port, {
					connectDeadlineMs: 1500,
					deadlineMs: 60_000,
					onConnected: () => connected++,
				}),
			);
			expect(ended.code).to.equal('udp-blocked');
			expect(connected).to.equal(0);
			node.listener.mute(false);
			const again = await transport.dial(
				requestFor(node.listener.port, { onConnected: () => connected++ }),
			);
			expect(connected).to.equal(1);
			await again.close(0);
		});

		it('as `dns-failed` when the name means nothing', async () => {
			const ended = await outcomeOf(
				udp(),
				requestFor(443, { host: 'nowhere.invalid' }),
			);
			expect(ended).to.include({ kind: 'unreachable', code: 'dns-failed' });
		});

		for (const [what, code, make] of [
			['is for another name', 'tls-wrong-host', { names: ['elsewhere.test'] }],
			['has expired', 'tls-expired', { valid: 'no-longer' }],
			['is not valid yet', 'clock-wrong', { valid: 'not-yet' }],
		] as const) {
			it(`as \`${code}\` when the certificate ${what}, and tells the node no secret`, async () => {
				const received: Buffer[] = [];
				const { listener, ca } = await listen({
					certificate: make,
					onSession: (session) =>
						session.on('data', (data: Buffer) => received.push(data)),
				});
				const ended = await outcomeOf(udp({ ca }), requestFor(listener.port));
				expect(ended.code).to.equal(code);
				await listener.close();
				expect(Buffer.concat(received).toString()).to.equal('');
			});
		}

		it('as `tls-unknown-ca` when nobody known has signed the certificate', async () => {
			const ended = await outcomeOf(udp(), requestFor(node.listener.port));
			expect(ended).to.include({
				kind: 'misconfigured',
				code: 'tls-unknown-ca',
			});
			expect(node.authorizations).to.deep.equal([]);
		});

		it('as `http-401` when the node does not accept the key', async () => {
			node.onUpgrade = (socket) => {
				socket.end(
					'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
				);
			};
			const ended = await outcomeOf(
				udp({ ca: node.ca }),
				requestFor(node.listener.port),
			);
			expect(ended).to.include({ kind: 'rejected', code: 'http-401' });
		});

		it('as `early-reset` when the node cuts the connection before it answers', async () => {
			node.onUpgrade = (socket) => {
				socket.destroy();
			};
			const ended = await outcomeOf(
				udp({ ca: node.ca }),
				requestFor(node.listener.port),
			);
			expect(ended).to.include({ kind: 'overloaded', code: 'early-reset' });
		});

		it("with the signal's reason when it is aborted, at whatever point", async () => {
			for (const afterMs of [0, 1, 5, 20, 60]) {
				const abort = new AbortController();
				const reason = new Error(`stopped after ${afterMs} ms`);
				setTimeout(() => {
					abort.abort(reason);
				}, afterMs);
				const dialling = udp({ ca: node.ca }).dial(
					requestFor(node.listener.port, { signal: abort.signal }),
				);
				const result = await dialling.catch((error: unknown) => error);
				if (result === reason) {
					continue;
				}
				await (result as { close(graceMs: number): Promise<void> }).close(0);
			}
		});
	});

	describe('told BUSY', () => {
		const busy = async (admit: () => 'busy' | { busySeconds: number }) => {
			const { listener, ca } = await listen({ admit });
			return {
				listener,
				transport: udp({ ca }),
				request: requestFor(listener.port),
			};
		};

		for (const [seconds, ms] of [
			[30, 30_000],
			[0.4, 1000],
			[5000, 300_000],
		] as const) {
			it(`for ${seconds} s waits ${ms / 1000} s`, async () => {
				const { listener, transport, request } = await busy(() => ({
					busySeconds: seconds,
				}));
				const ended = await outcomeOf(transport, request);
				expect(ended).to.include({ kind: 'throttled', code: 'udp-busy' });
				expect(ended.hint).to.deep.equal({ retryAfterMs: ms });
				await listener.close();
			});
		}

		it('without a time has no hint', async () => {
			const { listener, transport, request } = await busy(() => 'busy');
			const ended = await outcomeOf(transport, request);
			expect(ended.code).to.equal('udp-busy');
			expect(ended.hint).to.equal(undefined);
			await listener.close();
		});

		it('four times in a row follows its time three times', async () => {
			const { listener, transport, request } = await busy(() => ({
				busySeconds: 30,
			}));
			const hints = [];
			for (let i = 0; i < 5; i++) {
				hints.push((await outcomeOf(transport, request)).hint?.retryAfterMs);
			}
			expect(hints).to.deep.equal([
				30_000,
				30_000,
				30_000,
				undefined,
				undefined,
			]);
			await listener.close();
		});

		it('has been asked once for each attempt', async () => {
			let asked = 0;
			const { listener, transport, request } = await busy(() => {
				asked++;
				return 'busy';
			});
			await outcomeOf(transport, request);
			await outcomeOf(transport, request);
			expect(asked).to.equal(2);
			await listener.close();
		});
	});

	it('names the option that is wrong', () => {
		expect(() => {
			udp({ servernam: 'x' } as never).validate!();
		})
			.to.throw(/servername/)
			.with.property(
				'code',
				'ERR_CLOUDLINK_INVALID_OPTION' satisfies CloudlinkError['code'],
			);
	});

	it('gives a session that http2.connect() can take at the node, without a WebSocket', async () => {
		const { listener, ca, sessions } = await listen();
		const transport = udp({ ca });
		const dialling = transport
			.dial(requestFor(listener.port, { deadlineMs: 1500 }))
			.catch(() => undefined);
		while (!sessions[0]) {
			await new Promise(setImmediate);
		}
		const session = http2.connect('http://device', {
			createConnection: () => sessions[0]!,
		});
		session.on('error', () => undefined);
		await once(session, 'connect');
		session.destroy();
		await dialling;
		await listener.close();
	});

	it('tries the next address when the first is refused', async () => {
		const probe = createSocket('udp6');
		const refused = await closedPort();
		probe.close();
		expect(refused).to.be.above(0);
		const { port } = node.listener;
		const request = requestFor(port);
		const link = await udp({ ca: node.ca }).dial({
			...request,
			node: { ...request.node!, addresses: ['127.0.0.2', '127.0.0.1'] },
		});
		await link.close(0);
	});
});
