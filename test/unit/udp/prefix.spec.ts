import { expect } from 'chai';

import { prefixOf, siteOf } from '../../../src/transports/udp/node/prefix.js';
import { QuestionRate } from '../../../src/transports/udp/node/question-rate.js';

describe('prefixes', () => {
	it('take an IPv4 address as its own site, also where it is mapped, and its /24 as the prefix', () => {
		expect(siteOf('192.0.2.7')).to.equal('192.0.2.7');
		expect(siteOf('::ffff:192.0.2.7')).to.equal('192.0.2.7');
		expect(prefixOf('192.0.2.7')).to.equal(prefixOf('192.0.2.200'));
		expect(prefixOf('192.0.2.7')).not.to.equal(prefixOf('192.0.3.7'));
	});

	it('take the /56 of an IPv6 address, however it is written', () => {
		const site = siteOf('2001:db8:1:aa00::1');
		expect(siteOf('2001:db8:1:aaff:1:2:3:4')).to.equal(site);
		expect(siteOf('2001:db8:1:ab00::1')).not.to.equal(site);
		expect(prefixOf('2001:db8:1:aa00::1')).to.equal(site);
		expect(siteOf('fe80::1%eth0')).to.equal(siteOf('fe80::2'));
		expect(siteOf('::1')).to.equal('0:0:0:00::/56');
		expect(siteOf('2001:db8::')).to.equal(siteOf('2001:db8:0:12::5'));
	});
});

describe('the rate of questions', () => {
	const rate = () => new QuestionRate(3, (bytes) => Buffer.alloc(bytes, 7));

	it('is bounded for each prefix and second', () => {
		const questions = rate();
		const answered = (address: string, nowMs: number) =>
			Array.from({ length: 5 }, () => questions.allows(address, nowMs)).filter(
				Boolean,
			).length;
		expect(answered('192.0.2.1', 0)).to.equal(3);
		expect(answered('192.0.2.2', 999)).to.equal(0);
		expect(answered('198.51.100.1', 999)).to.equal(3);
		expect(answered('192.0.2.2', 1000)).to.equal(3);
	});
});
