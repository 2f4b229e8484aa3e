import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import type { Duplex } from 'node:stream';
import type { UdpStream } from '../../../src/transports/udp/stream/stream.js';

import { expect } from 'chai';

import { toError } from '../../../src/errors.js';
import type { Dialled } from '../../../src/transports/udp/device/connect.js';
import { dialUdp } from '../../../src/transports/udp/device/dial.js';
import { UdpEndError } from '../../../src/transports/udp/connection/end.js';
import { encodeHello } from '../../../src/transports/udp/wire/keyless.js';
import {
	clientContext,
	secureClient,
} from '../../../src/transports/udp/device/tls.js';
import {
	listenUdp,
	type UdpListener,
} from '../../../src/transports/udp/node/index.js';
import { listen, runtime } from '../../support/udp-node.js';
import { closed, until } from '../../support/until.js';

const HOST = '127.0.0.1';
const SECRET = Buffer.alloc(32, 'of this node');

async function connect(
	port: number,
	ca: string,
	host = HOST,
): Promise<Dialled & { socket: UdpStream }> {
	const { signal } = new AbortController();
	const dialled = await dialUdp({
		addresses: [{ address: host, port }],
		runtime,
		randomBytes,
		signal,
	});
	const secureContext = clientContext(ca);
	const socket = await secureClient(dialled, { host, secureContext }, signal);
	return { ...dialled, socket };
}

const sha = (data: Buffer) => createHash('sha256').update(data).digest('hex');

async function readAll(socket: Duplex): Promise<Buffer> {
	const chunks: Buffer[] = [];
	for await (const chunk of socket) {
		chunks.push(chunk as Buffer);
	}
	return Buffer.concat(chunks);
}

/** UDP sockets that this process has open. */
const udpSockets = () =>
	process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

describe('listenUdp() and the client, on real sockets', () => {
	let node: Awaited<ReturnType<typeof listen>>;
	let listener: UdpListener;

	beforeEach(async () => {
		node = await listen({
			secret: SECRET,
			onSession: (session) => session.pipe(session),
		});
		({ listener } = node);
	});

	afterEach(async () => {
		await listener.close();
	});

	it('echo 3 MB, end in order and leave no socket behind', async () => {
		const socketsBefore = udpSockets();
		const { socket } = await connect(listener.port, node.ca);
		const content = randomBytes(3_000_000);
		socket.end(content);
		expect(sha(await readAll(socket))).to.equal(sha(content));
		await until(() => socket.closed && listener.sizes.connections === 0);
		expect(socket.connectionEnd).to.deep.equal({ reason: 'done' });
		expect(udpSockets()).to.equal(socketsBefore);
	});

	it('speak IPv6, where the machine does', async function () {
		const loopback = networkInterfaces().lo ?? [];
		if (!loopback.some(({ address }) => address === '::1')) {
			this.skip();
		}
		const { listener: other, ca } = await listen({
			host: '::1',
			onSession: (session) => session.pipe(session),
		});
		const { socket } = await connect(other.port, ca, '::1');
		const content = randomBytes(500_000);
		socket.end(content);
		expect(sha(await readAll(socket))).to.equal(sha(content));
		await other.close();
	});

	it('carry a half-close: the reply after the end of the question arrives', async () => {
		const { listener: other, ca } = await listen({
			onSession: (session) => {
				session.allowHalfOpen = true;
				session.resume();
				session.on('end', () => session.end('the reply'));
			},
		});
		const { socket } = await connect(other.port, ca);
		socket.allowHalfOpen = true;
		socket.end('the question');
		expect((await readAll(socket)).toString()).to.equal('the reply');
		await other.close();
	});

	it('do the same over IPv6, and get a token for next time', async () => {
		const host = '::1';
		const remotes: string[] = [];
		const six = await listen({
			host,
			onSession: (session, remote, loggedIn) => {
				loggedIn();
				remotes.push(remote.address);
				session.pipe(session);
			},
		});
		const dialled = await connect(six.listener.port, six.ca, host);
		let hasToken = false;
		dialled.connection.onNextToken = () => (hasToken = true);
		const content = randomBytes(300_000);
		dialled.socket.end(content);
		expect(sha(await readAll(dialled.socket))).to.equal(sha(content));
		expect(remotes).to.deep.equal([host]);
		expect(hasToken).to.equal(true);
		await six.listener.close();
	});

	it('keep a connection whose NAT changes the port in the middle of a transfer', async () => {
		const nat = await makeNat(listener.port);
		const { socket } = await connect(nat.port, node.ca);
		const content = randomBytes(4_000_000);
		let received = 0;
		socket.on('data', (data: Buffer) => {
			const before = received;
			received += data.length;
			if (
				Math.floor(before / 1_000_000) < Math.floor(received / 1_000_000) &&
				received < 3_500_000
			) {
				void nat.rebind();
			}
		});
		const hash = createHash('sha256');
		socket.on('data', (data: Buffer) => hash.update(data));
		socket.end(content);
		await once(socket, 'end');
		expect(hash.digest('hex')).to.equal(sha(content));
		expect(nat.mappings).to.be.at.least(3);
		nat.close();
	});

	it('do not believe ICMP once the connection stands; the restarted node ends it by a reset', async () => {
		const { port } = listener;
		const { socket, connection } = await connect(port, node.ca);
		await until(() => connection.isConfirmed);
		await listener.crash();
		socket.on('error', () => undefined);
		const writing = setInterval(() => socket.write('anybody there?'), 20);
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(socket.destroyed).to.equal(false);
		listener = await listenUdp({
			host: HOST,
			port,
			tls: node.tls,
			secret: SECRET,
			runtime,
			onSession: () => undefined,
		});
		await closed(socket);
		clearInterval(writing);
		expect(socket.connectionEnd).to.deep.equal({ reason: 'reset' });
	});

	it('tell the device when the node cuts it', async () => {
		const { socket } = await connect(listener.port, node.ca);
		socket.on('error', () => undefined);
		listener.cut();
		await closed(socket);
		expect(socket.connectionEnd).to.deep.equal({ reason: 'closed', code: 4 });
		expect(socket.errored).to.have.property('code', 'ECONNRESET');
	});

	it('survive a blocked event loop of half a second', async () => {
		const { socket, connection } = await connect(listener.port, node.ca);
		const content = randomBytes(2_000_000);
		const received = readAll(socket);
		socket.write(content.subarray(0, 1_000_000));
		await new Promise((resolve) => setTimeout(resolve, 20));
		const untilMs = performance.now() + 500;
		while (performance.now() < untilMs) {
			// Held up.
		}
		socket.end(content.subarray(1_000_000));
		expect(sha(await received)).to.equal(sha(content));
		expect(connection.stats.lost).to.be.below(200);
	});

	it('leave nothing of a dial that is aborted, whenever that is', async () => {
		const socketsBefore = udpSockets();
		for (const afterMs of [0, 1, 2, 4, 8]) {
			const abort = new AbortController();
			setTimeout(() => {
				abort.abort(new Error('stop'));
			}, afterMs);
			const { signal } = abort;
			try {
				const dialled = await dialUdp({
					addresses: [{ address: HOST, port: listener.port }],
					runtime,
					randomBytes,
					signal,
				});
				const socket = await secureClient(
					dialled,
					{ host: HOST, secureContext: clientContext(node.ca) },
					signal,
				);
				socket.destroy();
			} catch (error) {
				expect(toError(error).message).to.equal('stop');
			}
		}
		await until(() => udpSockets() === socketsBefore);
	});

	it('keep nothing of HELLOs, and stay of use meanwhile', async () => {
		const flood = createSocket('udp4');
		flood.connect(listener.port, HOST);
		await once(flood, 'connect');
		let answered = 0;
		flood.on('message', () => answered++);
		for (let i = 0; i < 20; i++) {
			for (let k = 0; k < 50; k++) {
				flood.send(encodeHello(randomBytes(8), randomBytes(8)));
			}
			await new Promise(setImmediate);
		}
		await until(() => answered > 500);
		expect(listener.sizes).to.deep.equal({
			connections: 0,
			halfOpen: 0,
			tombstones: 0,
		});
		const { socket } = await connect(listener.port, node.ca);
		socket.end('still here');
		expect((await readAll(socket)).toString()).to.equal('still here');
		flood.close();
	});

	it('say nothing and answer nothing while muted, and go on after it', async () => {
		const { socket } = await connect(listener.port, node.ca);
		listener.mute(true);
		socket.write('a');
		await new Promise((resolve) => setTimeout(resolve, 100));
		expect(socket.readableLength).to.equal(0);
		listener.mute(false);
		const [echo] = (await once(socket, 'data')) as [Buffer];
		expect(echo.toString()).to.equal('a');
		socket.destroy();
	});

	it('reject a port that is taken', async () => {
		const taken = listenUdp({
			host: HOST,
			port: listener.port,
			tls: node.tls,
			secret: SECRET,
			runtime,
			onSession: () => undefined,
		});
		const error = await taken.catch((thrown: unknown) => thrown);
		expect(error).to.have.property('code', 'EADDRINUSE');
	});

	it('say that nothing answers as an error of their own', async () => {
		listener.mute(true);
		// Thirty times as fast, since it takes half a minute.
		const { clock } = runtime;
		const fast = {
			...clock,
			monotonicMs: () => 30 * clock.monotonicMs(),
			setTimer: (ms: number, callback: () => void) =>
				clock.setTimer(ms / 30, callback),
		};
		const error = await dialUdp({
			addresses: [{ address: HOST, port: listener.port }],
			runtime: { ...runtime, clock: fast },
			randomBytes,
			signal: AbortSignal.timeout(15_000),
		}).catch((thrown: unknown) => thrown);
		expect(error)
			.to.be.an.instanceOf(UdpEndError)
			.with.deep.property('end', { reason: 'no-answer' });
	});
});

/** A NAT in user space, whose outer port can be changed; the old mapping is dead then. */
async function makeNat(nodePort: number) {
	const inside = createSocket('udp4');
	inside.bind(0, HOST);
	await once(inside, 'listening');
	let device: { address: string; port: number } | undefined;
	const sockets: Socket[] = [];
	const rebind = async () => {
		const outside = createSocket('udp4');
		outside.connect(nodePort, HOST);
		await once(outside, 'connect');
		outside.on('error', () => undefined);
		outside.on('message', (datagram) => {
			if (outside === sockets.at(-1)) {
				inside.send(datagram, device!.port, device!.address);
			}
		});
		sockets.push(outside);
	};
	inside.on('message', (datagram, from) => {
		device = from;
		sockets.at(-1)!.send(datagram);
	});
	await rebind();
	return {
		port: inside.address().port,
		rebind,
		get mappings() {
			return sockets.length;
		},
		close: () => {
			inside.close();
			for (const socket of sockets) {
				socket.close();
			}
		},
	};
}
