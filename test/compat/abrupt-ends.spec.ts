import { expect } from 'chai';

import { abruptEnds } from '../support/abrupt-ends.js';
import { built, builtTesting } from './built.js';

describe('Abrupt ends of the built package', () => {
	for (const carrier of ['ws', 'wss'] as const) {
		it(`leave nothing behind over ${carrier}`, async () => {
			const authority = await builtTesting.createCertificateAuthority();
			const certificate = await authority.issue();
			const result = await abruptEnds({
				websocket: built.websocket,
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
