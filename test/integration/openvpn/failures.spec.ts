import { createSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';

import { expect } from 'chai';

import type { OutcomeCode } from '../../../src/outcome.js';
import { createCertificateAuthority } from '../../../src/testing/certificates.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import type { OwnedOpenvpnOptions } from '../../../src/transports/openvpn/index.js';
import { Namespace } from '../../support/namespaces.js';
import {
	NO_TUN,
	TEST_KEY,
	dialOf,
	freePort,
	isOpenvpn25,
	needsOpenvpn,
	outcomeOf,
	startServer,
	testAuthority,
	watchLeftovers,
} from '../../support/openvpn-server.js';

/** Long enough for a handshake on a busy machine; what never answers is told by it. */
const SHORT_MS = 4000;

async function listen(onConnection: (socket: Socket) => void): Promise<Server> {
	const server = createServer(onConnection);
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return server;
}

const portOf = (server: Server) => (server.address() as { port: number }).port;

describe('openvpn: an attempt that fails', function () {
	this.timeout(60_000);
	before(function () {
		needsOpenvpn(this, 'ip', 'iptables');
	});
	const leftovers = watchLeftovers();

	async function dial(
		port: number,
		options: OwnedOpenvpnOptions = {},
		deadlineMs = 20_000,
	) {
		const { ca } = await testAuthority();
		const transport = openvpn({ ca, directives: NO_TUN, ...options });
		return await outcomeOf(transport.dial(dialOf(port, { deadlineMs })));
	}

	async function expectCode(
		code: OutcomeCode | readonly OutcomeCode[],
		...how: Parameters<typeof dial>
	) {
		const ended = await dial(...how);
		expect(ended.code, ended.message).to.be.oneOf([code].flat());
		expect(ended.message).to.not.contain(TEST_KEY);
		return ended;
	}

	describe('by the word of the node', () => {
		for (const [what, reason, code, hint] of [
			['no word', '', 'auth-failed', undefined],
			['a sentence', 'it\'s not [you], "sorry"', 'auth-failed', undefined],
			[
				'a time',
				'busy; retry-after=42',
				'auth-throttled',
				{ retryAfterMs: 42_000 },
			],
			[
				'a place in its queue',
				'slot=7.5',
				'auth-throttled',
				{ retryAfterMs: 7500 },
			],
			[
				'TEMP of openvpn 2.6',
				'TEMP[backoff 42,advance no]:busy',
				'auth-throttled',
				{ retryAfterMs: 42_000 },
			],
			['a time that is none', 'retry-after=soon', 'auth-failed', undefined],
			[
				'its key said back to it',
				`bad key ${TEST_KEY}`,
				'auth-failed',
				undefined,
			],
		] as const) {
			it(`with ${what} is ${code}`, async () => {
				const server = await startServer({
					authenticate: () => ({ deny: reason }),
				});
				const ended = await expectCode(code, server.port);
				expect(ended.hint).to.deep.equal(hint);
				expect(server.logins).to.have.length(1);
				await server.stop();
				expect(leftovers()).to.deep.equal({ processes: [], sockets: [] });
			});
		}

		it('that never comes ends at our deadline as no-push-reply', async () => {
			const server = await startServer({ authenticate: () => 'never' });
			await expectCode('no-push-reply', server.port, {}, SHORT_MS);
			await server.stop();
		});
	});

	describe('on the way', () => {
		it('is connect-refused where nobody listens', async () => {
			await expectCode('connect-refused', await freePort('tcp'));
			// The first 2.5 do not tell of ICMP over UDP (2.5.6 does): there only silence is seen.
			const blind: OutcomeCode[] = isOpenvpn25() ? ['udp-blocked'] : [];
			await expectCode(['connect-refused', ...blind], await freePort('udp'), {
				protocol: 'udp',
			});
		});

		it('is early-reset where it is cut or reset after the connect', async () => {
			for (const end of ['destroy', 'resetAndDestroy'] as const) {
				const server = await listen((socket) => {
					socket.on('error', () => undefined);
					socket.once('data', () => {
						socket[end]();
					});
				});
				await expectCode('early-reset', portOf(server));
				server.close();
			}
		});

		it('is early-reset where a limiter resets it as soon as it is accepted', async () => {
			const server = await listen((socket) => {
				socket.resetAndDestroy();
			});
			// The reset comes before, while or after openvpn looks whether it is connected.
			for (let i = 0; i < 10; i++) {
				await expectCode('early-reset', portOf(server));
			}
			server.close();
		});

		it('is not-cloudlink where an HTTP server answers', async () => {
			const server = await listen((socket) => {
				socket.on('error', () => undefined);
				socket.once('data', () => {
					socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
				});
			});
			await expectCode('not-cloudlink', portOf(server));
			server.close();
		});

		it('is tls-timeout where it is taken and nothing is said', async () => {
			const sockets: Socket[] = [];
			const server = await listen((socket) => {
				sockets.push(socket.on('error', () => undefined));
			});
			await expectCode('tls-timeout', portOf(server), {}, 2000);
			for (const socket of sockets) {
				socket.destroy();
			}
			server.close();
		});

		it('is udp-blocked where no datagram is answered', async () => {
			const socket = createSocket('udp4');
			await new Promise<void>((resolve) => {
				socket.bind(0, '127.0.0.1', resolve);
			});
			const { port } = socket.address();
			await expectCode('udp-blocked', port, { protocol: 'udp' }, 2000);
			socket.close();
		});

		it('is dns-failed where the name is not known', async () => {
			const { ca } = await testAuthority();
			const ended = await outcomeOf(
				openvpn({ ca, directives: NO_TUN }).dial(
					dialOf(undefined, {
						node: {
							name: 'nosuch.invalid:443',
							host: 'nosuch.invalid',
							port: 443,
						},
					}),
				),
			);
			expect(ended.code).to.equal('dns-failed');
		});

		it('is connect-timeout where the SYN is dropped, and no-route where there is none', async () => {
			const space = new Namespace();
			try {
				const binary = space.program('openvpn');
				space.run(
					'iptables',
					'-A',
					'OUTPUT',
					'-p',
					'tcp',
					'--dport',
					'443',
					'-j',
					'DROP',
				);
				await expectCode('connect-timeout', 443, { binary }, 2000);
				space.run('ip', 'addr', 'del', '127.0.0.1/8', 'dev', 'lo');
				space.run('ip', 'link', 'set', 'lo', 'down');
				await expectCode('no-route', 444, { binary });
				await expectCode('no-route', 444, { binary, protocol: 'udp' });
			} finally {
				space.remove();
			}
		});
	});

	describe('by its certificate', () => {
		it('is tls-unknown-ca for one of another CA', async () => {
			const other = await createCertificateAuthority({ name: 'Other' });
			const server = await startServer();
			await expectCode('tls-unknown-ca', server.port, { ca: other.ca });
			expect(server.logins).to.have.length(0);
			await server.stop();
		});

		for (const [valid, code] of [
			['no-longer', 'tls-expired'],
			['not-yet', 'clock-wrong'],
		] as const) {
			it(`is ${code} for one that is valid ${valid}`, async () => {
				const server = await startServer({ certificateRequest: { valid } });
				await expectCode(code, server.port);
				await server.stop();
			});
		}

		it('is tls-wrong-host for another name than the configuration asks for', async () => {
			const server = await startServer();
			await expectCode('tls-wrong-host', server.port, {
				directives: [...NO_TUN, 'verify-x509-name other.example name'],
			});
			await server.stop();
		});
	});

	describe('here', () => {
		it('is openvpn-failed with the words of openvpn for a bad directive', async () => {
			const ended = await expectCode('openvpn-failed', 443, {
				directives: [...NO_TUN, 'nosuchdirective 1'],
			});
			expect(ended.message).to.match(/nosuchdirective/);
		});

		it('is openvpn-failed for a CA that is none', async () => {
			const ended = await expectCode('openvpn-failed', 443, {
				ca: '-----BEGIN CERTIFICATE-----\nrubbish\n-----END CERTIFICATE-----',
			});
			expect(ended.message).to.match(/CA/);
		});

		it('is key-unavailable, without a process, for a key that openvpn would change', async () => {
			for (const key of [undefined, 'x'.repeat(128), 'a\nb']) {
				const ended = await outcomeOf(
					openvpn({}).dial(dialOf(443, { device: { uuid: 'u', key } })),
				);
				expect(ended.code).to.equal('key-unavailable');
			}
		});
	});
});
