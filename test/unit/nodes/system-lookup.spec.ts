import { expect } from 'chai';

import { systemLookup } from '../../../src/system-lookup.js';

describe("the system's resolver", () => {
	it('is asked once by all who want the same name at the same time, and anew after an answer', async () => {
		const asked = [1, 2, 3].map(() => systemLookup('localhost'));
		const answers = await Promise.all(asked);
		expect(answers[0]!.length).to.be.greaterThan(0);
		// One answer, and not three that are alike.
		expect(answers[1]).to.equal(answers[0]);
		expect(await systemLookup('localhost')).not.to.equal(answers[0]);
	});

	it('is asked anew after a failure too', async () => {
		// A label of more than 63 bytes: refused without asking anybody.
		const failure = async () =>
			await systemLookup(`${'x'.repeat(64)}.invalid`).then(
				() => undefined,
				(error: unknown) => error,
			);
		const first = await failure();
		expect(first).to.be.instanceOf(Error);
		expect(await failure()).not.to.equal(first);
	});
});
