import { expect } from 'chai';

import { outcome, refusedAKeyThatWorked } from '../../src/outcome.js';

describe('refusedAKeyThatWorked', () => {
	it('says that it may be an outage, and changes nothing else', () => {
		const hint = { retryAfterMs: 1 };
		const refused = outcome('auth-failed', 'a:443 refused the device key', {
			hint,
		});
		expect(refusedAKeyThatWorked(refused)).to.deep.equal({
			kind: 'rejected',
			code: 'auth-failed',
			message: 'the node refuses a key that worked; perhaps its API is down',
			hint,
		});
	});

	it('leaves alone what is no answer to a key', () => {
		for (const code of [
			'server-halt',
			'http-503',
			'connect-refused',
		] as const) {
			const ended = outcome(code, 'x');
			expect(refusedAKeyThatWorked(ended)).to.equal(ended);
		}
	});
});
