import { connect as connectTls } from 'node:tls';

import { expect } from 'chai';

import {
	MockCloudlink,
	type CertificateFlaw,
} from '../../../src/testing/index.js';
import { connect, dial } from '../../support/mock-device.js';

describe('MockCloudlink with TLS', () => {
	let mock: MockCloudlink;

	afterEach(async () => {
		await mock.stop();
	});

	it('is trusted by whoever knows its authority, and by nobody else', async () => {
		mock = await MockCloudlink.start({ tls: true });
		const { port } = mock.nodes[0]!;
		await connect(`127.0.0.1:${port}`, { ca: mock.ca });
		await connect(`localhost:${port}`, { ca: mock.ca });
		const other = await MockCloudlink.start();
		expect(await dial(`127.0.0.1:${port}`, { ca: other.ca })).to.have.property(
			'error',
		);
		await other.stop();
	});

	it('keeps its certificate over a restart', async () => {
		mock = await MockCloudlink.start({ tls: true });
		await mock.crash(0);
		await mock.restart(0);
		await connect(mock.nodes[0]!.address, { ca: mock.ca });
	});

	const flaws: Record<CertificateFlaw, string> = {
		'wrong-host': 'ERR_TLS_CERT_ALTNAME_INVALID',
		expired: 'CERT_HAS_EXPIRED',
		'not-yet-valid': 'CERT_NOT_YET_VALID',
		'unknown-ca': 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
	};
	for (const [flaw, code] of Object.entries(flaws)) {
		it(`is refused by a device when its certificate is ${flaw}`, async () => {
			mock = await MockCloudlink.start({
				tls: true,
				certificateFlaw: flaw as CertificateFlaw,
			});
			expect(await dial(mock.nodes[0]!.address, { ca: mock.ca })).to.deep.equal(
				{ error: code },
			);
			expect(mock.stats()).to.include({ attempts: 1, accepted: 0 });
		});
	}

	it('shrugs off what is not TLS, and who leaves in the middle of it', async () => {
		mock = await MockCloudlink.start({ tls: true });
		const { address, port } = mock.nodes[0]!;
		expect(await dial(address)).to.have.property('error');
		for (let i = 0; i < 20; i++) {
			const socket = connectTls({ port, host: '127.0.0.1', ca: mock.ca });
			socket.on('error', () => undefined);
			socket.once('connect', () => {
				socket.destroy();
			});
			await new Promise((resolve) => socket.once('close', resolve));
		}
		await connect(address, { ca: mock.ca });
	});
});
