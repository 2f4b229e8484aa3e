import { expect } from 'chai';

import { PRESETS, resolvePacing } from '../../../src/pacing/index.js';

describe('pacing options', () => {
	it('are those of the default preset where nothing is given', () => {
		expect(resolvePacing()).to.deep.equal({
			preset: 'default',
			...PRESETS.default,
		});
	});

	it('take a preset and change single numbers of it', () => {
		const options = resolvePacing({
			preset: 'cellular',
			startSpreadMs: 1,
			bytesPerHour: undefined,
		});
		expect(options).to.deep.equal({
			preset: 'cellular',
			...PRESETS.cellular,
			startSpreadMs: 1,
		});
	});

	const wrong: Array<[string, object]> = [
		['startSpreadMs', { startSpreadMS: 5 }],
		['preset', { preset: 'fast' }],
		['firstWindowMs', { firstWindowMs: -1 }],
		['congestionEdgesMs', { congestionEdgesMs: [1, 2] }],
		['congestionEdgesMs', { congestionEdgesMs: [1, 3, 2] }],
		['windowStretch', { windowStretch: 0.9 }],
		['attemptsPerHour', { attemptsPerHour: 0 }],
		['longestWaitMs', { longestWaitMs: Infinity }],
	];
	for (const [name, input] of wrong) {
		it(`names ${name} when given ${JSON.stringify(input)}`, () => {
			expect(() => resolvePacing(input)).to.throw(name);
		});
	}

	it('are frozen, since all devices of a process share them', () => {
		expect(resolvePacing()).to.be.frozen;
	});
});
