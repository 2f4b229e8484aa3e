/** A captive portal in the router: takes every TCP connection in the place of whoever it was for. */
import { createServer as createHttps } from 'node:https';
import { createServer } from 'node:net';

import { createCertificateAuthority } from '../../src/testing/certificates.js';
import { serveMethods } from './process.js';

/** What it answers, and the outcome that says so. */
export const PORTALS = [
	{ how: 'a certificate of its own', code: 'captive-portal' },
	{ how: 'a redirect in the clear', code: 'not-cloudlink' },
	{ how: 'garbage', code: 'not-cloudlink' },
] as const;

export type PortalKind = (typeof PORTALS)[number]['how'];

export interface PortalMethods {
	start(how: PortalKind): Promise<number>;
}

const GARBAGE = Buffer.alloc(200, 'no TLS at all ');
const REDIRECT =
	'HTTP/1.1 302 Found\r\nLocation: http://portal.test/\r\nContent-Length: 0\r\n\r\n';

async function serverOf(how: PortalKind) {
	if (how !== 'a certificate of its own') {
		return createServer((socket) => {
			socket.on('error', () => undefined);
			socket.once('data', () =>
				socket.end(how === 'garbage' ? GARBAGE : REDIRECT),
			);
		});
	}
	const authority = await createCertificateAuthority();
	const issued = await authority.issue({ names: ['portal.test'] });
	return createHttps(issued, (_request, response) => {
		response.writeHead(302, { location: 'https://portal.test/' }).end();
	}).on('tlsClientError', () => undefined);
}

if (process.send) {
	serveMethods<PortalMethods>({
		start: async (how) => {
			const server = await serverOf(how);
			await new Promise<void>((resolve) => {
				server.listen(0, resolve);
			});
			return (server.address() as { port: number }).port;
		},
	});
}
