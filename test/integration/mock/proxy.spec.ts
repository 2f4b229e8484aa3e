import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';

import { expect } from 'chai';

import { MockCloudlink } from '../../../src/testing/index.js';
import {
	closedPort,
	fullBacklog,
	LocalService,
} from '../../support/local-services.js';
import { connect, type Device } from '../../support/mock-device.js';
import { readAll, tunnelThrough } from '../../support/proxy-client.js';
import { until } from '../../support/until.js';

const UUID = 'a1b2c3d4';

function hasCurl(): boolean {
	try {
		execFileSync('curl', ['--version']);
		return true;
	} catch {
		return false;
	}
}

describe('The proxy of MockCloudlink', () => {
	let mock: MockCloudlink;
	let web: http.Server;
	let webPort: number;
	let device: Device;

	const attach = async (node: number, ...ports: number[]) =>
		await connect(mock.nodes[node]!.address, { uuid: UUID, ports });

	before(async () => {
		web = http.createServer((request, response) => {
			const hash = createHash('sha256');
			request.on('data', (bytes: Buffer) => hash.update(bytes));
			request.on('end', () => {
				if (request.url === '/torn') {
					response.writeHead(200, { 'Content-Length': '1000' });
					response.write('only this', () => response.socket?.resetAndDestroy());
					return;
				}
				response.setHeader('Set-Cookie', ['a=1', 'b=2']);
				response.setHeader('X-Hop', 'no');
				response.setHeader('Connection', 'X-Hop');
				response.statusCode = request.url === '/missing' ? 404 : 200;
				response.end(
					JSON.stringify({
						method: request.method,
						url: request.url,
						host: request.headers.host,
						proxied: request.headers['proxy-connection'],
						body: hash.digest('hex'),
					}),
				);
			});
		});
		web.listen(0, '127.0.0.1');
		await once(web, 'listening');
		webPort = (web.address() as { port: number }).port;
	});

	after(() => {
		web.close();
		web.closeAllConnections();
	});

	beforeEach(async () => {
		mock = await MockCloudlink.start({ nodes: 2 });
		device = await attach(0, webPort);
	});

	afterEach(async () => {
		await mock.stop();
	});

	const tunnel = (port: number, uuid = UUID) =>
		tunnelThrough(mock.proxyPort, `${uuid}.balena:${port}`);

	const refusal = async (opened: Promise<unknown>) =>
		await opened.then(
			() => 'opened',
			(error: Error) => error.message,
		);

	describe('with curl', () => {
		before(function () {
			if (!hasCurl() && !process.env.CI) {
				console.log('      skipped: there is no curl');
				this.skip();
			}
		});

		/** Exit code, status of the answer and of the tunnel, body. */
		const curl = async (...args: string[]) =>
			await new Promise<string>((resolve) => {
				execFile(
					'curl',
					[
						'-sS',
						...['-m', '10', '-w', ' %{http_code} %{http_connect}'],
						...['-x', `http://127.0.0.1:${mock.proxyPort}`],
						...args,
					],
					(error, stdout) => {
						resolve(`${error ? Number(error.code) : 0} ${stdout}`);
					},
				);
			});
		const service = (path: string, port = webPort) =>
			`http://${UUID}.balena:${port}${path}`;

		it('passes a request in absolute form on (curl -x)', async () => {
			const said = await curl(service('/path?query=1'));
			expect(said).to.contain('"method":"GET","url":"/path?query=1"');
			expect(said).to.contain(`"host":"${UUID}.balena:${webPort}"`);
			expect(said).not.to.contain('proxied');
			expect(said).to.match(/^0 .* 200 000$/);
		});

		it('passes a CONNECT on (curl -p -x)', async () => {
			const said = await curl('-p', service('/path'));
			expect(said).to.contain('"url":"/path"');
			expect(said).to.match(/^0 .* 200 200$/);
		});

		it('passes bodies on, with a length and without', async () => {
			const body = 'x'.repeat(100_000);
			const hash = createHash('sha256').update(body).digest('hex');
			const posted = await curl('-d', body, service('/'));
			expect(posted).to.contain(`"method":"POST"`).and.to.contain(hash);
			const chunked = await curl(
				...['-H', 'Transfer-Encoding: chunked', '-X', 'PUT', '-d', body],
				service('/'),
			);
			expect(chunked).to.contain(`"method":"PUT"`).and.to.contain(hash);
		});

		it("passes the service's own status and headers on, and keeps those of one hop", async () => {
			const said = await curl('-i', service('/missing'));
			expect(said).to.match(/404 000$/);
			expect(said).to.contain('a=1').and.to.contain('b=2');
			expect(said).not.to.contain('X-Hop: no');
		});

		it('answers in both forms alike when it does not reach a service', async () => {
			const nobody = await closedPort();
			await attach(0, webPort, nobody);
			expect(await curl(service('/', nobody))).to.match(/ 502 000$/);
			expect(await curl('-p', service('/', nobody))).to.match(/ 000 502$/);
			expect(await curl(service('/', 1))).to.match(/ 403 000$/);
			expect(await curl('-p', service('/', 1))).to.match(/ 000 403$/);
			expect(await curl('http://other.balena:80/')).to.match(/ 404 000$/);
			expect(await curl('http://example.com/')).to.match(/ 400 000$/);
		});

		it('does not pass a torn answer off as a whole one', async () => {
			expect(await curl(service('/torn'))).to.match(/^(18|56) only this/);
			expect(await curl('-p', service('/torn'))).to.match(/^(18|56) only this/);
		});
	});

	describe('as a tunnel, the way ssh uses it', () => {
		it('carries bytes both ways, whole', async () => {
			const echo = await LocalService.start((near) => near.pipe(near));
			await attach(0, echo.port);
			const socket = await tunnel(echo.port);
			const sent = randomBytes(5_000_000);
			const received = createHash('sha256');
			socket.on('data', (bytes: Buffer) => received.update(bytes));
			socket.end(sent);
			await once(socket, 'end');
			expect(received.digest('hex')).to.equal(
				createHash('sha256').update(sent).digest('hex'),
			);
			await echo.stop();
		});

		it('lets the service speak first, as sshd does', async () => {
			const sshd = await LocalService.start((near) =>
				near.write('SSH-2.0-test\r\n'),
			);
			await attach(0, sshd.port);
			const socket = await tunnel(sshd.port);
			const [banner] = (await once(socket, 'data')) as [Buffer];
			expect(String(banner)).to.equal('SSH-2.0-test\r\n');
			socket.destroy();
			await sshd.stop();
		});

		it('takes bytes that come along with the CONNECT', async () => {
			const echo = await LocalService.start((near) => near.pipe(near));
			await attach(0, echo.port);
			const client = connectTcp(mock.proxyPort, '127.0.0.1');
			client.end(
				`CONNECT ${UUID}.balena:${echo.port} HTTP/1.1\r\n\r\nearly bird`,
			);
			expect(await readAll(client)).to.match(/^HTTP\/1.1 200 .*early bird$/s);
			await echo.stop();
		});

		it('passes a half-close in either direction', async () => {
			const heard: string[] = [];
			const service = await LocalService.start((near) => {
				near.on('data', (bytes) => heard.push(String(bytes)));
				near.on('end', () => near.end('after your end'));
			});
			await attach(0, service.port);
			const socket = await tunnel(service.port);
			socket.end('mine');
			expect(await readAll(socket)).to.equal('after your end');
			expect(heard.join('')).to.equal('mine');
			await service.stop();
		});

		it("passes a client's reset to the service, and a service's reset to the client", async () => {
			const service = await LocalService.start();
			await attach(0, service.port);
			const aborted = await tunnel(service.port);
			const near = await service.socket(0);
			const outcome = errorOf(near);
			aborted.resetAndDestroy();
			expect(await outcome).to.equal('ECONNRESET');

			const victim = await tunnel(service.port);
			const cut = errorOf(victim);
			victim.resume();
			(await service.socket(1)).resetAndDestroy();
			expect(await cut).to.equal('ECONNRESET');
			await service.stop();
		});

		it('resets its clients when the node crashes', async () => {
			const service = await LocalService.start();
			await attach(0, service.port);
			const socket = await tunnel(service.port);
			const cut = errorOf(socket);
			socket.resume();
			await mock.crash(0);
			expect(await cut).to.equal('ECONNRESET');
			await service.stop();
		});

		it('gives a stream up whose client was reset before the device answered', async function () {
			if (process.platform !== 'linux' && !process.env.CI) {
				this.skip();
			}
			// Less than after what the device gives up by itself.
			this.timeout(8000);
			const deaf = await fullBacklog();
			const { tunnel: far } = await attach(0, deaf.port);
			const client = connectTcp(mock.proxyPort, '127.0.0.1');
			client.write(`CONNECT ${UUID}.balena:${deaf.port} HTTP/1.1\r\n\r\n`);
			await until(() => far.openStreams === 1);
			client.resetAndDestroy();
			await until(() => far.openStreams === 0);
			await deaf.stop();
		});
	});

	describe('finds the device', () => {
		it('on whichever node its newest link is', async () => {
			const [one, two] = await Promise.all([
				LocalService.start((socket) => socket.end('one')),
				LocalService.start((socket) => socket.end('two')),
			]);
			await attach(0, one.port, two.port);
			const newest = await attach(1, two.port);
			expect(await readAll(await tunnel(two.port))).to.equal('two');
			expect(await refusal(tunnel(one.port))).to.match(/^403/);
			newest.cut();
			await until(() => mock.nodes[1]!.links === 0);
			expect(await readAll(await tunnel(one.port))).to.equal('one');
			await Promise.all([one.stop(), two.stop()]);
		});

		it('whatever the case of its uuid', async () => {
			expect(await refusal(tunnel(webPort, UUID.toUpperCase()))).to.equal(
				'opened',
			);
		});

		it('or says 404 for one that never came, 503 for one that is away, 400 for nonsense', async () => {
			expect(await refusal(tunnel(80, 'stranger'))).to.equal(
				'404 No such device has ever connected.',
			);
			device.cut();
			await until(() => mock.stats().connected === 0);
			expect(await refusal(tunnel(webPort))).to.equal(
				'503 The device is not connected now.',
			);
			for (const authority of [
				'example.com:80',
				`${UUID}.balena:0`,
				`${UUID}.balena:65536`,
				`x.${UUID}.balena:80`,
			]) {
				expect(
					await refusal(tunnelThrough(mock.proxyPort, authority)),
					authority,
				).to.match(/^400/);
			}
		});
	});
});

/** Resolves with the code of a socket's error, or 'closed' if it closed without one. */
async function errorOf(socket: Socket): Promise<string> {
	return await new Promise((resolve) => {
		socket.on('error', (error: NodeJS.ErrnoException) => {
			resolve(error.code ?? error.message);
		});
		socket.on('close', () => {
			resolve('closed');
		});
	});
}
