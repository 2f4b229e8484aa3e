import { expect } from 'chai';

import { createCertificateAuthority } from '../../../src/testing/certificates.js';
import { websocket } from '../../../src/transports/websocket/index.js';
import { abruptEnds } from '../../support/abrupt-ends.js';

describe('Abrupt ends', function () {
	this.timeout(120_000);

	for (const carrier of ['ws', 'wss'] as const) {
		it(`at every stage and by every means leave nothing behind over ${carrier}`, async () => {
			const authority = await createCertificateAuthority();
			const certificate = await authority.issue();
			const result = await abruptEnds({
				websocket,
				...(carrier === 'wss'
					? { tls: { ca: authority.ca, ...certificate } }
					: {}),
			});
			expect(result.problems).to.deep.equal([]);
			expect(result.ends).to.be.at.least(250);
			expect(result.handlesLeft).to.equal(0);
		});
	}
});
