import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import type { Outcome, OutcomeCode } from '../../../src/outcome.js';
import type { DialRequest, Link } from '../../../src/transport.js';
import {
	websocket,
	type WebsocketOptions,
} from '../../../src/transports/websocket/index.js';
import { KEY, dialRequest } from '../../support/dial.js';
import { LocalService } from '../../support/local-services.js';
import {
	NativeNode,
	statusOf,
	type NativeNodeOptions,
	type NodeLink,
} from '../../support/native-node.js';
import { UUID } from '../../support/tunnel-pair.js';
import { closed, until } from '../../support/until.js';

describe('A native link', () => {
	let service: LocalService;
	let node: NativeNode;
	let link: Link;
	let far: NodeLink;
	let hints: Hint[];
	let notices: Outcome[];

	beforeEach(async () => {
		service = await LocalService.start((socket) => socket.pipe(socket));
		hints = [];
		notices = [];
	});

	afterEach(async () => {
		await link.close(0);
		await node.stop();
		await service.stop();
	});

	const start = async (
		options: WebsocketOptions = {},
		overrides: Partial<DialRequest> = {},
		nodeOptions: NativeNodeOptions = {},
	) => {
		node = await NativeNode.start(nodeOptions);
		link = await websocket({ insecure: true, ...options }).dial(
			dialRequest(node.address, {
				services: [{ port: service.port }],
				...overrides,
			}),
		);
		far = await node.link();
		link.listen({
			onHint: (hint) => hints.push(hint),
			onDrain: (notice) => notices.push(notice),
		});
	};
	const open = () => far.open(`${UUID}.balena:${service.port}`);
	const tell = async (body: string) => {
		const request = far.session.request({
			':method': 'POST',
			':path': '/.well-known/cloudlink/hints',
		});
		request.on('error', () => undefined);
		request.end(body);
		return await statusOf(request);
	};

	describe('when it comes up', () => {
		it('has authenticated with uuid and key, and asked for the subprotocol', async () => {
			await start();
			const { headers, url } = far.request;
			expect(url).to.equal('/cloudlink/v1');
			expect(headers['sec-websocket-protocol']).to.equal('cloudlink.h2.v1');
			expect(headers['sec-websocket-extensions']).to.equal(undefined);
			expect(headers.authorization).to.equal(
				`Basic ${Buffer.from(`${UUID}:${KEY}`).toString('base64')}`,
			);
		});

		it('tells of itself', async () => {
			await start();
			expect(link).to.include({ transport: 'websocket', node: node.address });
			const stream = open();
			await statusOf(stream);
			stream.write(Buffer.alloc(1000));
			await once(stream, 'data');
			await until(() => link.stats().roundTripMs !== undefined);
			const stats = link.stats();
			expect(stats.openStreams).to.equal(1);
			expect(stats.bytesIn).to.be.greaterThan(1000);
			expect(stats.bytesOut).to.be.greaterThan(1000);
			expect(stats.ageMs).to.be.greaterThan(0);
			expect(stats.roundTripMs).to.be.greaterThan(0);
		});

		it('tells the hints of the 101 to whoever listens later', async () => {
			await start({}, {}, { headers: { 'Cloudlink-Reconnect-Window': '20' } });
			expect(hints).to.deep.equal([{ reconnectWindowMs: 20_000 }]);
		});
	});

	describe('while it lives', () => {
		it('passes hints on, and answers 204', async () => {
			await start();
			expect(
				await tell('{"reconnectWindowSeconds":20,"nodeLoad":0.5,"new":1}'),
			).to.equal(204);
			expect(hints).to.deep.equal([
				{ reconnectWindowMs: 20_000, nodeLoad: 0.5 },
			]);
			expect(notices).to.deep.equal([]);
		});

		for (const [what, body, status] of [
			['is not JSON', 'soon', 400],
			['is no object', '[1]', 400],
			['has a wrong value', '{"nodeLoad":2,"goElsewhere":true}', 400],
			['is too long', `{"x":"${'y'.repeat(5000)}"}`, 413],
		] as const) {
			it(`answers ${status} to a hint that ${what}, and applies nothing`, async () => {
				await start();
				expect(await tell(body)).to.equal(status);
				expect(hints).to.deep.equal([]);
				expect(await statusOf(open())).to.equal(200);
			});
		}

		it('takes a hint with a deadline for a drain notice, and serves on', async () => {
			await start();
			expect(await tell('{"drainDeadlineSeconds":30}')).to.equal(204);
			expect(notices[0]).to.deep.include({
				kind: 'drained',
				code: 'drain-notice',
				hint: { drainDeadlineMs: 30_000 },
			});
			expect(await statusOf(open())).to.equal(200);
		});

		it('lets running streams finish after GOAWAY NO_ERROR, and ends as drained', async () => {
			await start();
			const stream = open();
			await statusOf(stream);
			const said = Buffer.from('{"drainDeadlineSeconds":5}');
			far.session.goaway(0, 0, said);
			await until(() => notices.length > 0);
			expect(notices[0]).to.deep.include({
				code: 'goaway',
				hint: { drainDeadlineMs: 5000 },
			});
			stream.write('still here');
			expect(String((await once(stream, 'data'))[0])).to.equal('still here');
			stream.end();
			stream.resume();
			await once(stream, 'end');
			expect(await link.ended).to.equal(notices[0]);
			expect(notices).to.have.length(1);
		});

		it('ends at once after GOAWAY NO_ERROR when no stream is open', async () => {
			await start();
			far.session.goaway(0);
			expect(await link.ended).to.include({ kind: 'drained', code: 'goaway' });
			expect(notices).to.have.length(1);
		});

		it('counts as drained when it is cut after a notice', async () => {
			await start();
			await tell('{"drainDeadlineSeconds":30}');
			far.socket.resetAndDestroy();
			expect(await link.ended).to.include({
				kind: 'drained',
				code: 'drain-notice',
			});
		});
	});

	describe('when it ends', () => {
		const ends: Array<[string, (far: NodeLink) => void, OutcomeCode, string]> =
			[
				[
					'a close 1001',
					(l) => {
						l.ws.close(1001);
					},
					'ws-going-away',
					'drained',
				],
				[
					'a close 1012',
					(l) => {
						l.ws.close(1012);
					},
					'ws-service-restart',
					'drained',
				],
				[
					'a close 1013',
					(l) => {
						l.ws.close(1013);
					},
					'ws-try-again-later',
					'overloaded',
				],
				[
					'a close 1008',
					(l) => {
						l.ws.close(1008);
					},
					'ws-policy-violation',
					'rejected',
				],
				[
					'a close 1011',
					(l) => {
						l.ws.close(1011);
					},
					'ws-internal-error',
					'overloaded',
				],
				[
					'a close 1000',
					(l) => {
						l.ws.close(1000);
					},
					'link-ended',
					'lost',
				],
				[
					'a close without a code',
					(l) => {
						l.ws.close();
					},
					'link-ended',
					'lost',
				],
				[
					'a close 4001',
					(l) => {
						l.ws.close(4001);
					},
					'link-failed',
					'lost',
				],
				[
					'a text message',
					(l) => {
						l.ws.send('hello');
					},
					'link-failed',
					'lost',
				],
				[
					'the end of the connection',
					(l) => l.socket.end(),
					'link-ended',
					'lost',
				],
				['a reset', (l) => l.socket.resetAndDestroy(), 'link-reset', 'lost'],
				[
					'GOAWAY ENHANCE_YOUR_CALM',
					(l) => {
						l.session.goaway(11);
					},
					'enhance-your-calm',
					'throttled',
				],
				[
					'GOAWAY INTERNAL_ERROR',
					(l) => {
						l.session.goaway(2);
					},
					'link-failed',
					'lost',
				],
			];
		for (const [what, end, code, kind] of ends) {
			it(`is ${code} after ${what}`, async () => {
				await start();
				const stream = open();
				await statusOf(stream);
				end(far);
				expect(await link.ended).to.include({ code, kind });
				await until(() => service.sockets.every((socket) => socket.destroyed));
			});
		}

		it('is lost after a close 1011 once it was stable', async () => {
			await start({ stableAfterMs: 0 });
			far.ws.close(1011);
			expect(await link.ended).to.include({
				code: 'link-failed',
				kind: 'lost',
			});
		});

		it('keeps the hint of a GOAWAY and of a close frame', async () => {
			await start();
			far.session.goaway(11, 0, Buffer.from('{"retryAfterSeconds":7}'));
			expect((await link.ended).hint).to.deep.equal({ retryAfterMs: 7000 });
			await node.stop();
			await start();
			far.ws.close(1013, '{"retryAfterSeconds":8}');
			expect((await link.ended).hint).to.deep.equal({ retryAfterMs: 8000 });
		});

		it('is link-silent within the bound when the peer is silently dead', async () => {
			await start({}, { livenessMs: 800 });
			await until(() => link.stats().roundTripMs !== undefined);
			const deadSinceMs = performance.now();
			far.socket.pause();
			const outcome = await link.ended;
			const noticedMs = performance.now() - deadSinceMs;
			expect(outcome).to.include({ kind: 'lost', code: 'link-silent' });
			// The last byte may have come a moment before the pause; this machine may be busy.
			expect(noticedMs).to.be.within(500, 1600);
		});

		it('outlives the bound while nobody uses it', async () => {
			await start({}, { livenessMs: 400 });
			let ended = false;
			void link.ended.then(() => (ended = true));
			await sleep(1500);
			expect(ended).to.equal(false);
		});
	});

	describe('when it is closed', () => {
		it('lets a running stream finish, and takes no new one', async () => {
			await start();
			const stream = open();
			await statusOf(stream);
			const closing = link.close(10_000);
			stream.write('last words');
			expect(String((await once(stream, 'data'))[0])).to.equal('last words');
			stream.end();
			stream.resume();
			await once(stream, 'end');
			await closing;
			expect(await link.ended).to.include({ kind: 'stopped' });
		});

		it('cuts what outlasts the grace, and a later call may shorten it', async () => {
			await start();
			const stream = open();
			await statusOf(stream);
			const slow = link.close(60_000);
			void link.close(120_000);
			await link.close(10);
			await slow;
			await closed(far.duplex);
			expect(stream.destroyed).to.equal(true);
		});

		it('ends at once when no stream is open, with a close frame', async () => {
			await start();
			const [[code]] = await Promise.all([
				once(far.ws, 'close'),
				link.close(60_000),
			]);
			expect(code).to.equal(1000);
		});

		it('does not wait for a peer that has stalled', async () => {
			await start();
			far.socket.pause();
			await link.close(50);
			expect(await link.ended).to.include({ kind: 'stopped' });
		});
	});
});
