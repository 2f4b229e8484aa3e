import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { ERROR_CODES } from '../../../src/errors.js';
import { OUTCOMES, type OutcomeCode } from '../../../src/outcome.js';

const page = (name: string) =>
	readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** The rows of all tables of a page, as cells. */
function rows(text: string): string[][] {
	return text
		.split('\n')
		.filter((line) => line.startsWith('| `'))
		.map((line) =>
			line
				.split('|')
				.slice(1, -1)
				.map((cell) => cell.trim().replaceAll('`', '')),
		);
}

describe('the tables of the documentation', () => {
	it('list every error, and none that does not exist', () => {
		expect(rows(page('errors.md')).map(([code]) => code)).to.have.members(
			Object.keys(ERROR_CODES),
		);
	});

	it('list every outcome with its kind and whether it points at the path', () => {
		const listed = rows(page('outcomes.md')).filter(
			([code]) => code !== undefined && code in OUTCOMES,
		);
		expect(listed.map(([code]) => code)).to.have.members(Object.keys(OUTCOMES));
		for (const [code, kind, path] of listed) {
			const rule = OUTCOMES[code as OutcomeCode];
			expect(kind, code).to.equal(rule.kind);
			expect(path, code).to.equal(rule.path ? 'yes' : '');
		}
	});
});
