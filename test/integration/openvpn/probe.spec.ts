import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';

import { expect } from 'chai';

import { openvpn } from '../../../src/transports/openvpn/index.js';
import {
	dialOf,
	freePort,
	needsOpenvpn,
	outcomeOf,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';

describe('openvpn: the probe for the way back', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this);
	});
	const leftovers = watchLeftovers();

	for (const protocol of ['tcp', 'udp'] as const) {
		const transport = openvpn({ protocol });

		it(`is answered by a server over ${protocol}, which asks for no credentials`, async () => {
			const server = await startServer({ protocol });
			const before = leftovers();
			await transport.probe!(
				dialOf(server.port, { device: { uuid: 'uuid1' } }),
			);
			expect(server.logins).to.have.length(0);
			expect(leftovers()).to.deep.equal(before);
		});

		it(`is connect-refused over ${protocol} where nobody listens`, async () => {
			const ended = await outcomeOf(
				transport.probe!(dialOf(await freePort(protocol))),
			);
			expect(ended.code).to.equal('connect-refused');
		});

		it(`rejects over ${protocol} with the signal's reason`, async () => {
			const abort = new AbortController();
			const silent = await silence(protocol);
			const probing = transport.probe!(
				dialOf(silent.port, { signal: abort.signal }),
			).catch((error: unknown) => error);
			const reason = new Error('enough');
			setImmediate(() => {
				abort.abort(reason);
			});
			expect(await probing).to.equal(reason);
			silent.close();
		});

		it(`ends over ${protocol} at its deadline where nothing answers`, async () => {
			const silent = await silence(protocol);
			const ended = await outcomeOf(
				transport.probe!(dialOf(silent.port, { deadlineMs: 1300 })),
			);
			expect(ended.code).to.equal(
				protocol === 'udp' ? 'udp-blocked' : 'connect-timeout',
			);
			// A lost datagram is made good.
			expect(silent.heard()).to.be.greaterThan(protocol === 'udp' ? 1 : 0);
			silent.close();
		});
	}

	it('is not fooled by something else that answers', async () => {
		const server = createServer((socket) => {
			socket.on('error', () => undefined);
			socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
		});
		const port = await listening(server);
		const ended = await outcomeOf(openvpn({}).probe!(dialOf(port)));
		expect(ended.code).to.equal('not-cloudlink');
		server.close();
	});

	it('is early-reset where it is cut, as by a limiter', async () => {
		const server = createServer((socket) => socket.destroy());
		const port = await listening(server);
		const ended = await outcomeOf(openvpn({}).probe!(dialOf(port)));
		expect(ended.code).to.equal('early-reset');
		server.close();
	});

	it('is not tried where the server would not answer it', async () => {
		const ended = await outcomeOf(
			openvpn({ directives: ['tls-crypt /key'] }).probe!(dialOf(1)),
		);
		expect(ended.message).to.match(/tls-crypt/);
	});
});

async function listening(server: Server): Promise<number> {
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return (server.address() as { port: number }).port;
}

/** Takes what comes and says nothing. */
async function silence(protocol: 'tcp' | 'udp') {
	let heard = 0;
	if (protocol === 'udp') {
		const socket = createSocket('udp4').on('message', () => {
			heard += 1;
		});
		await new Promise<void>((resolve) => {
			socket.bind(0, '127.0.0.1', resolve);
		});
		return {
			port: socket.address().port,
			heard: () => heard,
			close: () => socket.close(),
		};
	}
	const sockets: Socket[] = [];
	const server = createServer((socket) => {
		sockets.push(socket.on('error', () => undefined));
		socket.on('data', () => {
			heard += 1;
		});
	});
	return {
		port: await listening(server),
		heard: () => heard,
		close: () => {
			for (const socket of sockets) {
				socket.destroy();
			}
			server.close();
		},
	};
}
