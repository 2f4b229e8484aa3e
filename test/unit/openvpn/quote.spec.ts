import { expect } from 'chai';

import {
	credentialsProblem,
	isPrintable,
	quote,
} from '../../../src/transports/openvpn/quote.js';

describe('quote', () => {
	it('protects quotes and backslashes, and leaves the rest', () => {
		expect(quote('a "b" \\c #d \'e\' ;ü')).to.equal(
			'"a \\"b\\" \\\\c #d \'e\' ;ü"',
		);
	});
});

describe('isPrintable', () => {
	it('knows what openvpn would drop', () => {
		expect(isPrintable("key with space, ü, 😀 and '")).to.equal(true);
		for (const bad of ['a\tb', 'a\nb', 'a\0b', 'a\x7fb', 'a\x85b']) {
			expect(isPrintable(bad)).to.equal(false);
		}
	});
});

describe('credentialsProblem', () => {
	it('takes what openvpn can carry', () => {
		expect(credentialsProblem('a'.repeat(64), 'k'.repeat(127))).to.equal(
			undefined,
		);
	});

	for (const [what, uuid, key] of [
		['no key', 'uuid', undefined],
		['an empty key', 'uuid', ''],
		['a key of 128 bytes', 'uuid', 'secret'.repeat(21) + 'xx'],
		['a key of 64 two-byte characters', 'uuid', 'ü'.repeat(64)],
		['a key with a line end', 'uuid', 'secret\nhold release'],
		['a uuid of 65 bytes', 'u'.repeat(65), 'secret'],
		['an empty uuid', '', 'secret'],
		['a uuid with a tab', 'a\tb', 'secret'],
	] as const) {
		it(`refuses ${what}, and does not repeat it`, () => {
			const problem = credentialsProblem(uuid, key);
			expect(problem).to.be.a('string');
			expect(problem).to.not.contain('secret');
		});
	}
});
