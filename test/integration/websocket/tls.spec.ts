import { expect } from 'chai';

import type { OutcomeCode } from '../../../src/outcome.js';
import {
	createCertificateAuthority,
	type CertificateAuthority,
	type CertificateRequest,
} from '../../../src/testing/certificates.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { addressOf, dialRequest, failedDial } from '../../support/dial.js';
import { LocalService } from '../../support/local-services.js';
import { NativeNode } from '../../support/native-node.js';

describe('TLS of a WebSocket dial', () => {
	let authority: CertificateAuthority;
	let other: CertificateAuthority;
	let node: NativeNode | undefined;
	let service: LocalService | undefined;

	before(async () => {
		authority = await createCertificateAuthority();
		other = await createCertificateAuthority({ name: 'Another CA' });
	});

	afterEach(async () => {
		await node?.stop();
		await service?.stop();
		node = undefined;
		service = undefined;
	});

	const startNode = async (
		request?: CertificateRequest,
		issuer = authority,
	) => {
		node = await NativeNode.start({ tls: await issuer.issue(request) });
		return node;
	};

	it('is verified against the CA of the options, by address and by name', async () => {
		const { port } = await startNode();
		const transport = websocket({ ca: authority.ca });
		for (const target of [`127.0.0.1:${port}`, `localhost:${port}`]) {
			const link = await transport.dial(dialRequest(target));
			expect(link.node).to.equal(target);
			await link.close(0);
		}
	});

	it('takes several CAs', async () => {
		const { address } = await startNode();
		const transport = websocket({ ca: [other.ca, authority.ca] });
		const link = await transport.dial(dialRequest(address));
		await link.close(0);
	});

	it('verifies the node by its host, also when its addresses are known', async () => {
		const { port } = await startNode({ names: ['node.test'] });
		const transport = websocket({ ca: authority.ca });
		const link = await transport.dial(
			dialRequest({
				...addressOf(`node.test:${port}`),
				addresses: ['127.0.0.1'],
			}),
		);
		await link.close(0);
	});

	it('verifies another name when the options say so', async () => {
		const { address } = await startNode({ names: ['node.test'] });
		const transport = websocket({ ca: authority.ca, servername: 'node.test' });
		const link = await transport.dial(dialRequest(address));
		await link.close(0);
	});

	const flaws: Array<[string, CertificateRequest, OutcomeCode]> = [
		['is for another host', { names: ['elsewhere.test'] }, 'tls-wrong-host'],
		['has expired', { valid: 'no-longer' }, 'tls-expired'],
		['is not valid yet', { valid: 'not-yet' }, 'clock-wrong'],
	];
	for (const [what, request, code] of flaws) {
		it(`is ${code} when the certificate ${what}`, async () => {
			const { address } = await startNode(request);
			const ended = await failedDial(
				websocket({ ca: authority.ca }),
				dialRequest(address),
			);
			expect(ended).to.include({ code, kind: 'misconfigured' });
		});
	}

	it('is clock-wrong even when the authority is unknown too', async () => {
		const { address } = await startNode({ valid: 'not-yet' }, other);
		const ended = await failedDial(
			websocket({ ca: authority.ca }),
			dialRequest(address),
		);
		expect(['clock-wrong', 'tls-unknown-ca']).to.include(ended.code);
	});

	it('is tls-unknown-ca when the authority is another, or none was given', async () => {
		const { address } = await startNode();
		for (const ca of [other.ca, undefined]) {
			const ended = await failedDial(websocket({ ca }), dialRequest(address));
			expect(ended).to.include({
				code: 'tls-unknown-ca',
				kind: 'misconfigured',
			});
		}
	});

	it('is captive-portal when a certificate for another host comes from nobody that is trusted', async () => {
		for (const valid of [undefined, 'no-longer', 'not-yet'] as const) {
			const names = ['login.portal.test'];
			const { address } = await startNode({ names, valid }, other);
			for (const ca of [authority.ca, undefined]) {
				const ended = await failedDial(websocket({ ca }), dialRequest(address));
				expect(ended).to.include({
					code: 'captive-portal',
					kind: 'unreachable',
				});
			}
			await node!.stop();
		}
		node = undefined;
	});

	for (const [what, bytes] of [
		['plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
		['a banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
		['zeros', '\0'.repeat(300)],
	] as const) {
		it(`is not-cloudlink when the peer answers with ${what}`, async () => {
			service = await LocalService.start((socket) => socket.write(bytes));
			const ended = await failedDial(
				websocket({ ca: authority.ca }),
				dialRequest(`127.0.0.1:${service.port}`, { deadlineMs: 3000 }),
			);
			expect(ended).to.include({ code: 'not-cloudlink', kind: 'unreachable' });
		});
	}

	it('is early-reset when the peer resets or ends in the handshake', async () => {
		for (const cut of ['resetAndDestroy', 'end'] as const) {
			service = await LocalService.start((socket) =>
				socket.once('data', () => socket[cut]()),
			);
			const ended = await failedDial(
				websocket({ ca: authority.ca }),
				dialRequest(`127.0.0.1:${service.port}`),
			);
			expect(ended).to.include({ code: 'early-reset', kind: 'overloaded' });
			await service.stop();
		}
	});

	it('is tls-timeout when the handshake is not answered, upgrade-timeout when the upgrade is not', async () => {
		const transport = websocket({ ca: authority.ca });
		service = await LocalService.start();
		const first = await failedDial(
			transport,
			dialRequest(`127.0.0.1:${service.port}`, { deadlineMs: 300 }),
		);
		expect(first).to.include({ code: 'tls-timeout', kind: 'overloaded' });

		node = await NativeNode.start({
			tls: await authority.issue(),
			onUpgrade: () => undefined,
		});
		const second = await failedDial(
			transport,
			dialRequest(node.address, { deadlineMs: 1000 }),
		);
		expect(second).to.include({ code: 'upgrade-timeout', kind: 'overloaded' });
	});
});
