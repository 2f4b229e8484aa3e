import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as tls from 'node:tls';

import { expect } from 'chai';

import {
	createCertificateAuthority,
	type Certificate,
	type CertificateAuthority,
} from '../../../src/testing/certificates.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

/** Resolves with what a client makes of a server that shows this certificate: 'secure' or an error's code. */
async function shake(
	certificate: Certificate,
	client: tls.ConnectionOptions,
): Promise<string> {
	const server = tls.createServer(certificate, (accepted) => {
		accepted.on('error', () => undefined);
		accepted.end();
	});
	server.on('tlsClientError', () => undefined);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const socket = tls.connect({ port, host: '127.0.0.1', ...client });
	try {
		await once(socket, 'secureConnect');
		return 'secure';
	} catch (error) {
		return (error as NodeJS.ErrnoException).code ?? String(error);
	} finally {
		socket.on('error', () => undefined);
		socket.destroy();
		server.close();
	}
}

describe('createCertificateAuthority', () => {
	let authority: CertificateAuthority;

	before(async () => {
		authority = await createCertificateAuthority();
	});

	for (const host of ['127.0.0.1', 'localhost']) {
		it(`issues a certificate that is good for ${host}`, async () => {
			const certificate = await authority.issue();
			expect(await shake(certificate, { ca: authority.ca, host })).to.equal(
				'secure',
			);
		});
	}

	it('issues a certificate that is good for ::1', async () => {
		// Not by a handshake: tls.checkServerIdentity of Node 22.23 takes no IPv6 address.
		const { cert } = await authority.issue();
		expect(new X509Certificate(cert).checkIP('::1')).to.equal('::1');
		expect(new X509Certificate(cert).checkIP('::2')).to.equal(undefined);
	});

	it('is not trusted by whoever does not know it', async () => {
		const certificate = await authority.issue();
		expect(await shake(certificate, {})).to.equal(
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		);
		const other = await createCertificateAuthority({ name: 'Other CA' });
		expect(await shake(certificate, { ca: other.ca })).to.equal(
			'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		);
	});

	it('issues certificates for a wrong host, expired, and not yet valid', async () => {
		const ca = authority.ca;
		const elsewhere = await authority.issue({ names: ['elsewhere.example'] });
		expect(await shake(elsewhere, { ca })).to.equal(
			'ERR_TLS_CERT_ALTNAME_INVALID',
		);
		const old = await authority.issue({ valid: 'no-longer' });
		expect(await shake(old, { ca })).to.equal('CERT_HAS_EXPIRED');
		const young = await authority.issue({ valid: 'not-yet' });
		expect(await shake(young, { ca })).to.equal('CERT_NOT_YET_VALID');
	});

	it('says not yet valid also to whoever does not know the authority', async () => {
		const young = await authority.issue({ valid: 'not-yet' });
		expect(await shake(young, {})).to.equal('CERT_NOT_YET_VALID');
	});

	it('goes by the clock that it is given', async () => {
		const past = await createCertificateAuthority({
			clock: new VirtualClock({ wallMs: Date.UTC(2001, 0, 1) }),
		});
		const certificate = await past.issue();
		expect(await shake(certificate, { ca: past.ca })).to.equal(
			'CERT_HAS_EXPIRED',
		);
	});

	it('leaves the globals alone until it is used', () => {
		const module = new URL('../../../src/testing/index.ts', import.meta.url);
		const script = `import(${JSON.stringify(module.href)}).then((m) => console.log(typeof m.createCertificateAuthority, typeof Reflect.getMetadata))`;
		const printed = execFileSync(
			process.execPath,
			['--import', 'tsx', '-e', script],
			{ encoding: 'utf8' },
		);
		expect(printed.trim()).to.equal('function undefined');
	});
});
