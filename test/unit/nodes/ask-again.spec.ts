import { expect } from 'chai';

import { askAgain } from '../../../src/system-lookup.js';

function failing(code: string, times: number) {
	let asked = 0;
	return {
		ask: async () => {
			asked++;
			await Promise.resolve();
			if (asked <= times) {
				throw Object.assign(new Error(code), { code });
			}
			return 'found';
		},
		get asked() {
			return asked;
		},
	};
}

describe('a look-up that failed', () => {
	it('is asked again where the resolver says so, twice at most', async () => {
		const soon = failing('EAI_AGAIN', 2);
		expect(await askAgain(soon.ask, 1)).to.equal('found');
		const never = failing('EAI_AGAIN', 9);
		const error: unknown = await askAgain(never.ask, 1).catch(
			(thrown: unknown) => thrown,
		);
		expect(error).to.have.property('code', 'EAI_AGAIN');
		expect(never.asked).to.equal(3);
	});

	it('is not where the name does not exist', async () => {
		const unknown = failing('ENOTFOUND', 1);
		const error: unknown = await askAgain(unknown.ask, 1).catch(
			(thrown: unknown) => thrown,
		);
		expect(error).to.have.property('code', 'ENOTFOUND');
		expect(unknown.asked).to.equal(1);
	});
});
