import { expect } from 'chai';

import { Masker } from '../../../src/cli/log/mask.js';

const KEY = 'deadbeef+cafe/0123';

describe('masker', () => {
	it('takes a secret out of text, in every form that a log may hold', () => {
		const masker = new Masker();
		masker.add(KEY, ['uuid1']);
		const basic = Buffer.from(`uuid1:${KEY}`).toString('base64');
		const line = [
			KEY,
			encodeURIComponent(KEY),
			`Authorization: Basic ${basic}`,
			Buffer.from(KEY).toString('base64'),
		].join(' | ');
		const masked = masker.mask(line);
		expect(masked).to.match(
			/^\*\*\* \| \*\*\* \| Authorization: Basic \*\*\*=* \| \*\*\*=*$/,
		);
	});

	it('finds a secret in JSON too, where some letters are written otherwise', () => {
		const masker = new Masker();
		masker.add('a"b\\c');
		expect(masker.mask(JSON.stringify({ said: 'a"b\\c.' }))).to.equal(
			'{"said":"***."}',
		);
	});

	it('takes out the password of a URL, as written, as meant, and as it goes out', () => {
		const masker = new Masker();
		masker.addPasswordOf('http://me:p%40ssword@proxy:3128');
		masker.addPasswordOf('http://me:100%sure@proxy:3128');
		masker.addPasswordOf('no URL');
		masker.addPasswordOf(undefined);
		const basic = Buffer.from('me:p@ssword').toString('base64');
		expect(masker.mask(`p@ssword p%40ssword Basic ${basic} 100%sure`)).to.match(
			/^\*\*\* \*\*\* Basic \*\*\*=* \*\*\*$/,
		);
	});

	it('remembers several, and one that is a part of another', () => {
		const masker = new Masker();
		masker.add('abcdef');
		masker.add('abcdefghij');
		expect(masker.mask('x abcdefghij y abcdef z')).to.equal('x *** y *** z');
	});

	it('does not mask half of every line for a secret of a few letters', () => {
		const masker = new Masker();
		masker.add('a');
		masker.add('');
		masker.add(undefined);
		expect(masker.mask('banana')).to.equal('banana');
	});
});
