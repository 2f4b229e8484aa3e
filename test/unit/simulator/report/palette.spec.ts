import { expect } from 'chai';

import { POLICIES } from '../../../../src/simulator/index.js';
import {
	colourOf,
	colourProperties,
	contrast,
	fromHex,
	PAPER,
} from '../../../../src/simulator/report/palette.js';

describe('the colours of policies', () => {
	for (const theme of ['light', 'dark'] as const) {
		it(`can be seen on ${theme} paper, and are all different`, () => {
			const colours = [
				...colourProperties(theme).matchAll(/#[0-9a-f]{6}/g),
			].map(([hex]) => hex);
			expect(new Set(colours).size).to.equal(POLICIES.length);
			for (const hex of colours) {
				expect(contrast(fromHex(hex), fromHex(PAPER[theme]))).to.be.above(3);
			}
		});
	}

	it('belong to the policy, wherever it stands', () => {
		expect(colourOf('agent')).to.equal(0);
		expect(colourOf('full-jitter')).to.equal(
			POLICIES.findIndex(({ name }) => name === 'full-jitter'),
		);
	});

	it('have the contrast that WCAG computes', () => {
		expect(contrast(fromHex('#000000'), fromHex('#ffffff'))).to.equal(21);
		// The example that checkers are tried with: the lightest grey that passes 4.5:1 on white.
		expect(contrast(fromHex('#767676'), fromHex('#ffffff'))).to.be.closeTo(
			4.54,
			0.01,
		);
	});
});
