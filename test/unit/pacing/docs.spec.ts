import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { pacingOptions } from '../../../src/pacing/index.js';

describe('docs/pacing.md', () => {
	it('names every option', () => {
		const page = readFileSync('docs/pacing.md', 'utf8');
		for (const name of Object.keys(pacingOptions.entries)) {
			expect(page).to.include(name === 'preset' ? name : `\`${name}\``);
		}
	});
});
