import { once } from 'node:events';
import type { Socket } from 'node:net';

import { expect } from 'chai';

import { systemRandom } from '../../../src/runtime/index.js';
import { VirtualClock } from '../../../src/testing/index.js';
import type { TunnelOptions } from '../../../src/tunnel/index.js';
import {
	LocalService,
	closedPort,
	fullBacklog,
} from '../../support/local-services.js';
import { statusOf } from '../../support/native-node.js';
import {
	UUID,
	tunnelPair,
	type TunnelPair,
} from '../../support/tunnel-pair.js';
import { closed, until } from '../../support/until.js';

describe('A stream through the tunnel', () => {
	let pair: TunnelPair;
	let service: LocalService;

	const start = async (onSocket?: (socket: Socket) => void) => {
		service = await LocalService.start(onSocket);
		cleanUps.push(() => service.stop());
		pair = await tunnelPair([service.port]);
		cleanUps.unshift(() => pair.stop());
	};
	const open = () => pair.link.open(`${UUID}.balena:${service.port}`);

	const cleanUps: Array<() => Promise<void>> = [];
	afterEach(async () => {
		for (const cleanUp of cleanUps.splice(0)) {
			await cleanUp();
		}
	});
	/** A second tunnel of the test, to one port. */
	const pairTo = async (port: number, options?: Partial<TunnelOptions>) => {
		const other = await tunnelPair([port], options);
		cleanUps.push(() => other.stop());
		return other.link.open(`${UUID}.balena:${port}`);
	};
	const slowPort = async () => {
		const slow = await fullBacklog();
		cleanUps.push(() => slow.stop());
		return slow.port;
	};

	it('reaches a configured service, and bytes pass both ways', async () => {
		await start((socket) => socket.pipe(socket));
		const stream = open();
		expect(await statusOf(stream)).to.equal(200);
		stream.write('ping');
		expect(String((await once(stream, 'data'))[0])).to.equal('ping');
		stream.end('rest');
		expect(String((await once(stream, 'data'))[0])).to.equal('rest');
		await once(stream, 'end');
		await until(() => pair.tunnel.openStreams === 0);
	});

	it('passes the end of the node on as a FIN, and the service may go on sending', async () => {
		await start();
		const stream = open();
		await statusOf(stream);
		stream.end('all of it');
		const socket = await service.socket();
		const received: Buffer[] = [];
		socket.on('data', (chunk: Buffer) => received.push(chunk));
		await once(socket, 'end');
		expect(String(Buffer.concat(received))).to.equal('all of it');
		socket.end('and an answer');
		expect(String((await once(stream, 'data'))[0])).to.equal('and an answer');
		await once(stream, 'end');
	});

	it('passes the end of the service on, and the node may go on sending', async () => {
		await start();
		const stream = open();
		await statusOf(stream);
		const socket = await service.socket();
		socket.end('bye');
		stream.resume();
		await once(stream, 'end');
		stream.end('still here');
		const received: Buffer[] = [];
		socket.on('data', (chunk: Buffer) => received.push(chunk));
		await once(socket, 'end');
		expect(String(Buffer.concat(received))).to.equal('still here');
	});

	it('is served if the node opened it before it heard that the tunnel closes', async () => {
		await start((socket) => socket.end('served'));
		const ended = pair.tunnel.close(5000);
		const stream = open();
		expect(await statusOf(stream)).to.equal(200);
		expect(String((await once(stream, 'data'))[0])).to.equal('served');
		stream.end();
		expect((await ended).why).to.equal('closed');
	});

	it('is answered 502 when nothing listens on the port', async () => {
		const stream = await pairTo(await closedPort());
		expect(await statusOf(stream)).to.equal(502);
		await closed(stream);
		expect(stream.rstCode).to.equal(0);
	});

	it('is answered 504 when the service does not accept in time', async () => {
		const stream = await pairTo(await slowPort(), {
			limits: { serviceConnectMs: 100 },
		});
		expect(await statusOf(stream)).to.equal(504);
	});

	for (const [what, target, status] of [
		['a port that is no service', `${UUID}.balena:1`, 403],
		['another device', 'ffff.balena:80', 403],
		['a target that is not a device', 'example.com:80', 400],
	] as const) {
		it(`to ${what} is answered ${status}, and the tunnel serves on`, async () => {
			await start((socket) => socket.pipe(socket));
			expect(await statusOf(pair.link.open(target))).to.equal(status);
			expect(await statusOf(open())).to.equal(200);
		});
	}

	it('that is no CONNECT is answered 405', async () => {
		await start();
		const stream = pair.link.session.request({ ':path': '/' });
		const [headers] = await once(stream, 'response');
		expect(headers).to.include({ ':status': 405, allow: 'CONNECT' });
		await until(() => pair.tunnel.openStreams === 0);
	});

	it('does not stay half open on the device when it was refused', async () => {
		await start();
		const streams = Array.from({ length: 50 }, () =>
			pair.link.open(`${UUID}.balena:1`),
		);
		await Promise.all(streams.map(statusOf));
		await until(() => pair.tunnel.openStreams === 0);
	});

	it('is reset when the service resets, without an end before', async () => {
		await start();
		const stream = open();
		await statusOf(stream);
		let ended = false;
		stream.on('end', () => (ended = !stream.aborted && stream.rstCode === 0));
		stream.resume();
		(await service.socket()).resetAndDestroy();
		await closed(stream);
		expect(stream.rstCode).to.equal(2);
		expect(ended).to.equal(false);
	});

	it('resets the service when the node resets', async () => {
		await start();
		const stream = open();
		await statusOf(stream);
		const socket = await service.socket();
		stream.destroy(new Error('reset'));
		const [error] = await once(socket, 'error');
		expect(error).to.have.property('code', 'ECONNRESET');
	});

	it('resets the service when the node closes with a code, though END_STREAM comes first', async () => {
		service = await LocalService.start();
		cleanUps.push(() => service.stop());
		// Whose few milliseconds for the reset do not pass, however slow the machine is.
		const runtime = { clock: new VirtualClock(), random: systemRandom };
		const stream = await pairTo(service.port, { runtime });
		await statusOf(stream);
		const socket = await service.socket();
		let ended = false;
		socket.on('end', () => (ended = true));
		socket.resume();
		stream.close(8);
		await closed(socket);
		expect(ended).to.equal(false);
	});

	it('gives the service up when the node resets while it connects', async () => {
		const port = await slowPort();
		pair = await tunnelPair([port]);
		cleanUps.push(() => pair.stop());
		const stream = pair.link.open(`${UUID}.balena:${port}`);
		await until(() => pair.tunnel.openStreams === 1);
		stream.destroy();
		await until(() => pair.tunnel.openStreams === 0);
	});

	for (const [how, end] of [
		['its socket is reset', () => pair.link.socket.resetAndDestroy()],
		['its socket ends', () => pair.link.socket.destroy()],
		[
			'it closes the WebSocket',
			() => {
				pair.link.ws.close(1001);
			},
		],
		[
			'it sends an error GOAWAY',
			() => {
				pair.link.session.goaway(11);
			},
		],
		['the device closes without grace', () => void pair.tunnel.close(0)],
	] as const) {
		it(`never ends cleanly on torn data: ${how}`, async () => {
			await start();
			const streams = Array.from({ length: 20 }, open);
			await Promise.all(streams.map(statusOf));
			for (const stream of streams) {
				stream.write(Buffer.alloc(20_000));
			}
			const sockets = service.sockets;
			await until(() => sockets.every(({ bytesRead }) => bytesRead > 0));
			let cleanEnds = 0;
			const closing = sockets.map((socket) => {
				socket.on('end', () => cleanEnds++);
				socket.resume();
				return closed(socket);
			});
			end();
			await Promise.all(closing);
			expect(cleanEnds).to.equal(0);
			await pair.tunnel.ended;
		});
	}
});
