import { expect } from 'chai';

import {
	PRESETS,
	pacingOptions,
	resolvePacing,
} from '../../../src/pacing/index.js';

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
		['patienceMs', { patienceMs: 0 }],
		['attemptsPerHour', { attemptsPerHour: 0 }],
		['longestPatienceMs', { longestPatienceMs: Infinity }],
	];
	for (const [name, input] of wrong) {
		it(`names ${name} when given ${JSON.stringify(input)}`, () => {
			expect(() => resolvePacing(input)).to.throw(name);
		});
	}

	it('are few enough to be read', () => {
		expect(Object.keys(pacingOptions.entries)).to.have.length.at.most(18);
	});

	it('are frozen, since all devices of a process share them', () => {
		expect(resolvePacing()).to.be.frozen;
	});
});
