import { createHash } from 'node:crypto';
import { once } from 'node:events';

import { expect } from 'chai';

import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { Connection } from '../../../src/transports/udp/connection/connection.js';
import { Driver } from '../../../src/transports/udp/stream/driver.js';
import { UdpEndError } from '../../../src/transports/udp/connection/end.js';
import { SEND_BUFFER_BYTES } from '../../../src/transports/udp/wire/limits.js';
import { UdpStream } from '../../../src/transports/udp/stream/stream.js';
import {
	CLIENT,
	freshSeed,
	seededBytes,
	SERVER,
} from '../../support/udp-pair.js';

const DELAY_MS = 10;

/** Two streams over a path of 10 ms each way, all on one virtual clock; keys are confirmed. */
async function streams() {
	const clock = new VirtualClock();
	const random = seededRandom(freshSeed());
	const randomBytes = seededBytes(random);
	const shared = {
		clientId: randomBytes(8),
		serverId: randomBytes(8),
		token: randomBytes(23),
		nonce: randomBytes(8),
		nowMs: 0,
		random,
		randomBytes,
	};
	const exported = randomBytes(64);
	const net = { lost: () => false };
	const carry = (fromClient: boolean) => (datagram: Buffer) => {
		if (!net.lost()) {
			const copy = Buffer.from(datagram);
			clock.setTimer(DELAY_MS, () => {
				const [to, from] = fromClient
					? [serverDriver, CLIENT]
					: [clientDriver, SERVER];
				to.receive(copy, from);
			});
		}
	};
	const client = new Connection({ ...shared, role: 'client', peer: SERVER });
	const server = new Connection({
		...shared,
		role: 'server',
		peer: CLIENT,
		resetToken: randomBytes(16),
	});
	const clientDriver: Driver = new Driver(client, clock, carry(true));
	const serverDriver: Driver = new Driver(server, clock, carry(false));
	const handshake = [
		new UdpStream(clientDriver, clock),
		new UdpStream(serverDriver, clock),
	] as const;
	handshake[0].write('hello');
	await clock.advanceAsync(50);
	expect(handshake[1].read()?.toString()).to.equal('hello');
	const ends = [
		handshake[0].succeed(exported),
		handshake[1].succeed(exported),
	] as const;
	for (const end of ends) {
		expect(end.allowHalfOpen).to.equal(false);
		end.allowHalfOpen = true;
	}
	await clock.advanceAsync(100);
	expect(client.isConfirmed && server.isConfirmed).to.equal(true);
	return {
		clock,
		client: ends[0],
		server: ends[1],
		handshake,
		connections: { client, server },
		net,
	};
}

const collect = (stream: UdpStream) => {
	const chunks: Buffer[] = [];
	stream.on('data', (chunk: Buffer) => chunks.push(chunk));
	return () => Buffer.concat(chunks);
};

const errorOf = (stream: UdpStream) => {
	const seen: { error?: Error } = {};
	stream.on('error', (error) => (seen.error = error));
	return seen;
};

describe('the UDP stream', () => {
	it('carries bytes both ways, ends each way alone, and leaves no timer', async () => {
		const { clock, client, server } = await streams();
		const [atServer, atClient] = [collect(server), collect(client)];
		const content = Buffer.alloc(300_000, 'content');
		client.end(content);
		await clock.advanceAsync(3000);
		expect(createHash('sha256').update(atServer()).digest('hex')).to.equal(
			createHash('sha256').update(content).digest('hex'),
		);
		expect([server.readableEnded, server.writableEnded]).to.deep.equal([
			true,
			false,
		]);
		server.end('answer');
		await clock.advanceAsync(500);
		expect(atClient().toString()).to.equal('answer');
		expect([client.closed, server.closed]).to.deep.equal([true, true]);
		expect(client.connectionEnd).to.deep.equal({ reason: 'done' });
		expect(clock.pending).to.equal(0);
	});

	it('of the handshake is left behind: what is still written, ended or destroyed there does nothing', async () => {
		const { clock, client, server, handshake } = await streams();
		const received = collect(server);
		handshake[0].write('a session ticket');
		handshake[0].end('close_notify');
		handshake[1].destroy(new Error('TLS is gone.'));
		const gone = errorOf(handshake[1]);
		client.write('data');
		await clock.advanceAsync(1000);
		expect(received().toString()).to.equal('data');
		expect(gone.error?.message).to.equal('TLS is gone.');
		expect(handshake[0].writableFinished).to.equal(true);
		expect(server.connectionEnd).to.equal(undefined);
		client.end();
		server.end();
		await clock.advanceAsync(1000);
		expect(server.connectionEnd).to.deep.equal({ reason: 'done' });
	});

	it('finishes only when the other end has everything', async () => {
		const { clock, client, server, net } = await streams();
		server.resume();
		net.lost = () => true;
		client.end('last words');
		await clock.advanceAsync(2000);
		expect(client.writableFinished).to.equal(false);
		net.lost = () => false;
		await clock.advanceAsync(3000);
		expect(client.writableFinished).to.equal(true);
		expect(server.readableEnded).to.equal(true);
	});

	it('holds a writer up when the send buffer is full, and lets it go on', async () => {
		const { clock, client, server, net } = await streams();
		net.lost = () => true;
		let accepted = 0;
		const fill = () => {
			while (accepted < 5_000_000) {
				accepted += 16_384;
				if (!client.write(Buffer.alloc(16_384))) {
					client.once('drain', fill);
					return;
				}
			}
			client.end();
		};
		fill();
		await clock.advanceAsync(1000);
		expect(accepted).to.be.within(
			SEND_BUFFER_BYTES,
			SEND_BUFFER_BYTES + 3 * 65_536,
		);
		net.lost = () => false;
		const received = collect(server);
		await clock.advanceAsync(60_000);
		expect(received().length).to.equal(accepted);
	});

	for (const who of ['client', 'server'] as const) {
		it(`that the ${who} destroys is reset at the other end`, async () => {
			const all = await streams();
			const other = all[who === 'client' ? 'server' : 'client'];
			const seen = errorOf(other);
			all[who].write('unfinished');
			await all.clock.advanceAsync(5);
			all[who].destroy();
			await all.clock.advanceAsync(100);
			expect(seen.error)
				.to.be.an.instanceOf(UdpEndError)
				.with.property('code', 'ECONNRESET');
			expect([all.client.closed, all.server.closed]).to.deep.equal([
				true,
				true,
			]);
			expect(all.clock.pending).to.equal(0);
		});
	}

	it('that is destroyed after its end still brings everything over', async () => {
		const { clock, client, server } = await streams();
		const received = collect(server);
		client.end(Buffer.alloc(100_000, 7));
		client.destroy();
		server.once('end', () => server.end());
		await clock.advanceAsync(1500);
		expect(received().length).to.equal(100_000);
		expect([client.closed, server.closed]).to.deep.equal([true, true]);
		expect(server.errored).to.equal(null);
		expect(clock.pending).to.equal(0);
	});

	it('that is destroyed after its end waits three seconds for the other end, not for ever', async () => {
		const { clock, client, server, net } = await streams();
		server.on('error', () => undefined);
		net.lost = () => true;
		client.end('nobody hears this');
		client.destroy();
		await clock.advanceAsync(2900);
		expect(client.closed).to.equal(false);
		await clock.advanceAsync(200);
		expect(client.closed).to.equal(true);
	});

	it('fails with ETIMEDOUT when nothing comes for a minute', async () => {
		const { clock, client, server, net } = await streams();
		const [atClient, atServer] = [errorOf(client), errorOf(server)];
		net.lost = () => true;
		await clock.advanceAsync(61_000);
		expect(atClient.error).to.have.property('code', 'ETIMEDOUT');
		expect(atServer.error).to.have.property('code', 'ETIMEDOUT');
		expect(clock.pending).to.equal(0);
	});

	it('gives what had come before an end in order to a reader that comes late', async () => {
		const { clock, client, server } = await streams();
		client.end('first');
		server.end('second');
		await clock.advanceAsync(1000);
		expect(client.connectionEnd).to.deep.equal({ reason: 'done' });
		const ended = once(client, 'end');
		const received = collect(client);
		await ended;
		expect(received().toString()).to.equal('second');
	});

	it('puts many small writes of one turn into few packets', async () => {
		const { clock, client, server, connections } = await streams();
		const received = collect(server);
		const { sent } = connections.client.stats;
		for (let i = 0; i < 500; i++) {
			client.write('0123456789');
		}
		await clock.advanceAsync(200);
		expect(received().length).to.equal(5000);
		expect(connections.client.stats.sent - sent).to.be.at.most(6);
	});
});

describe('a UDP stream that nobody reads', () => {
	it('holds one chunk, however many come a byte at a time', async () => {
		const { clock, client, server } = await streams();
		server.pause();
		for (let i = 0; i < 200; i++) {
			client.write('x');
			await clock.advanceAsync(DELAY_MS + 1);
		}
		await clock.advanceAsync(1000);
		expect(server.readableLength).to.be.at.most(2);
		const received = collect(server);
		server.resume();
		await clock.advanceAsync(1000);
		expect(received().length).to.equal(200);
	});
});
