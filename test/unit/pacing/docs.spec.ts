import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { LAWS, pacingOptions } from '../../../src/pacing/index.js';

describe('docs/pacing.md', () => {
	it('has every law in its table', () => {
		const page = readFileSync('docs/pacing.md', 'utf8');
		for (const law of Object.keys(LAWS)) {
			expect(page).to.match(new RegExp(`^\\|.*\\| \`${law}\` \\|`, 'm'));
		}
	});

	it('names every option', () => {
		const page = readFileSync('docs/pacing.md', 'utf8');
		for (const name of Object.keys(pacingOptions.entries)) {
			expect(page).to.include(name === 'preset' ? name : `\`${name}\``);
		}
	});
});
