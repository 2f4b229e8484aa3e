import { expect } from 'chai';
import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { once } from 'node:events';

import { DialError } from '../../../src/outcome.js';
import { createCertificateAuthority } from '../../../src/testing/index.js';
import { secure } from '../../../src/transports/websocket/secure.js';

describe('TLS to a node that is named by its IPv6 address', () => {
	const dial = async (names: string[]) => {
		const authority = await createCertificateAuthority();
		const { cert, key } = await authority.issue({ names });
		const server = createServer({ cert, key }).listen(0, '::1');
		server.on('tlsClientError', () => undefined);
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		try {
			const tls = await secure(
				connect(port, '::1'),
				{ host: '::1', ca: authority.ca },
				new AbortController().signal,
			);
			tls.destroy();
		} finally {
			server.close();
		}
	};

	it('trusts a certificate that names the address', async () => {
		await dial(['::1']);
	});

	it('trusts no other', async () => {
		const error = await dial(['::2', 'localhost']).catch(
			(thrown: unknown) => thrown,
		);
		expect(error).to.be.instanceOf(DialError);
		expect((error as DialError).outcome.code).to.equal('tls-wrong-host');
	});
});
