import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';

const PAGE = new URL('../../../docs/security.md', import.meta.url);

/** `["title of a test"](../test/file.spec.ts)` */
const CLAIM = /\["([^"\]]+)"\]\((\.\.\/test\/[^)]+)\)/g;

describe('docs/security.md', () => {
	const page = readFileSync(PAGE, 'utf8');
	const claims = [...page.matchAll(CLAIM)];

	it('links its claims to tests', () => {
		expect(claims.length).to.be.above(25);
		// What looks like a link to a test and is not one would go unchecked.
		expect(page.match(/\]\(\.\.\/test\//g)).to.have.length(claims.length);
	});

	for (const [, title, file] of claims) {
		it(`names a test that exists: ${title}`, () => {
			const spec = new URL(file!, PAGE);
			expect(existsSync(spec), file).to.equal(true);
			expect(readFileSync(spec, 'utf8')).to.include(title);
		});
	}
});
