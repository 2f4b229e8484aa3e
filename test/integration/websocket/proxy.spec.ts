import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { expect } from 'chai';

import { createCertificateAuthority } from '../../../src/testing/certificates.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { dialRequest, failedDial } from '../../support/dial.js';
import { LocalService, closedPort } from '../../support/local-services.js';
import { NativeNode } from '../../support/native-node.js';

describe('A WebSocket dial through a proxy', () => {
	let node: NativeNode;
	let proxy: Server;
	let asked: IncomingMessage[];
	let answer: (request: IncomingMessage, socket: Socket) => void;

	beforeEach(async () => {
		asked = [];
		answer = tunnelOn;
		proxy = createServer();
		proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
			socket.on('error', () => undefined);
			asked.push(request);
			answer(request, socket);
		});
		proxy.listen(0, '127.0.0.1');
		await once(proxy, 'listening');
		node = await NativeNode.start();
	});

	afterEach(async () => {
		await node.stop();
		proxy.closeAllConnections();
		proxy.close();
		await once(proxy, 'close');
	});

	const proxyUrl = (user = '') =>
		`http://${user}127.0.0.1:${(proxy.address() as AddressInfo).port}`;

	it('asks for the node, with the credentials of its URL', async () => {
		const transport = websocket({
			insecure: true,
			proxy: proxyUrl('me:p%40ss@'),
		});
		const link = await transport.dial(dialRequest(node.address));
		expect(asked[0]!.url).to.equal(node.address);
		expect(asked[0]!.headers['proxy-authorization']).to.equal(
			`Basic ${Buffer.from('me:p@ss').toString('base64')}`,
		);
		expect(asked[0]!.headers.authorization).to.equal(undefined);
		await link.close(0);
	});

	it('verifies the node behind it', async () => {
		const authority = await createCertificateAuthority();
		const secure = await NativeNode.start({ tls: await authority.issue() });
		const transport = websocket({ ca: authority.ca, proxy: proxyUrl() });
		const link = await transport.dial(dialRequest(secure.address));
		await link.close(0);
		const strange = websocket({ proxy: proxyUrl() });
		const ended = await failedDial(strange, dialRequest(secure.address));
		expect(ended.code).to.equal('tls-unknown-ca');
		await secure.stop();
	});

	for (const [status, code, kind] of [
		[407, 'proxy-refused', 'misconfigured'],
		[403, 'proxy-refused', 'misconfigured'],
		[502, 'proxy-unreachable', 'unreachable'],
	] as const) {
		it(`is ${code} when the proxy answers ${status}, and no secret is told`, async () => {
			answer = (_request, socket) => {
				socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
			};
			const transport = websocket({
				insecure: true,
				proxy: proxyUrl('me:secret@'),
			});
			const ended = await failedDial(transport, dialRequest(node.address));
			expect(ended).to.include({ code, kind });
			expect(JSON.stringify(ended)).not.to.include('secret');
		});
	}

	it('is proxy-unreachable when the proxy refuses, ends, is garbage or says nothing', async () => {
		const peers = [
			(socket: Socket) => void socket.destroy(),
			(socket: Socket) => void socket.end('garbage\r\n\r\n'),
			() => undefined,
		];
		const ports = [await closedPort()];
		const services = await Promise.all(
			peers.map((on) => LocalService.start(on)),
		);
		ports.push(...services.map(({ port }) => port));
		for (const port of ports) {
			const transport = websocket({
				insecure: true,
				proxy: `http://127.0.0.1:${port}`,
			});
			const ended = await failedDial(
				transport,
				dialRequest(node.address, { deadlineMs: 500 }),
			);
			expect(ended).to.include({
				code: 'proxy-unreachable',
				kind: 'unreachable',
			});
		}
		await Promise.all(services.map((service) => service.stop()));
	});

	it('may be aborted while the proxy is asked, and lets go of it', async () => {
		const service = await LocalService.start();
		const controller = new AbortController();
		const transport = websocket({
			insecure: true,
			proxy: `http://127.0.0.1:${service.port}`,
		});
		const dialled = transport
			.dial(dialRequest(node.address, { signal: controller.signal }))
			.catch((thrown: unknown) => thrown);
		const socket = await service.socket();
		const reason = new Error('enough');
		controller.abort(reason);
		expect(await dialled).to.equal(reason);
		socket.resume();
		await once(socket, 'end');
		await service.stop();
	});
});

/** What a proxy does: connects, and passes bytes. */
function tunnelOn(request: IncomingMessage, inner: Socket): void {
	const [host, port] = request.url!.split(':');
	const outer = connect(Number(port), host, () => {
		inner.write('HTTP/1.1 200 OK\r\n\r\n');
		inner.pipe(outer).pipe(inner);
	});
	outer.on('error', () => inner.destroy());
	inner.on('close', () => outer.destroy());
}
