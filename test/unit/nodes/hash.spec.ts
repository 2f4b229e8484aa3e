/* eslint-disable no-bitwise -- a hash is made of bits */
import { expect } from 'chai';

import { affinity, hashText } from '../../../src/nodes/hash.js';

describe('rendezvous hashing', () => {
	it('gives the values that every version gave, or an update would move the fleet', () => {
		expect(
			['', 'a', 'cloudlink.example.com:443', '[2001:db8::7]:443', 'ü'].map(
				hashText,
			),
		).to.deep.equal([2872998923, 444641715, 2370189548, 4219415192, 134528209]);
		expect(affinity(hashText('device'), hashText('node')).toFixed(12)).to.equal(
			'1.541958934114',
		);
	});

	it('is finite and positive for every hash, with any weight', () => {
		for (const hash of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
			for (const weight of [0.05, 1, 65535]) {
				const value = affinity(hash, 0, weight);
				expect(value).to.be.greaterThan(0);
				expect(value).to.be.lessThan(Infinity);
			}
		}
	});

	it('lets a bit of the device or of the node move half of the preferences', () => {
		const pairs = 20_000;
		for (const bit of [0, 7, 16, 31]) {
			let swapped = 0;
			for (let i = 0; i < pairs; i++) {
				const device = hashText(`device-${i}`);
				const [one, two] = [hashText('a:443'), hashText('b:443')];
				const flipped = (device ^ (2 ** bit)) >>> 0;
				const before = affinity(device, one) > affinity(device, two);
				const after = affinity(flipped, one) > affinity(flipped, two);
				swapped += before === after ? 0 : 1;
			}
			expect(swapped / pairs, `bit ${bit}`).to.be.closeTo(0.5, 0.02);
		}
	});

	it('draws shares in proportion to the weights', () => {
		const weights = [1, 0.5, 0.25, 0.05];
		const nodes = weights.map((_, index) => hashText(`node${index}:443`));
		const drawn = weights.map(() => 0);
		const devices = 50_000;
		for (let i = 0; i < devices; i++) {
			const device = hashText(`device-${i}`);
			const scores = nodes.map((node, index) =>
				affinity(device, node, weights[index]),
			);
			drawn[scores.indexOf(Math.max(...scores))]!++;
		}
		const sum = weights.reduce((a, b) => a + b);
		weights.forEach((weight, index) => {
			const share = drawn[index]! / devices;
			expect(share, `weight ${weight}`).to.be.closeTo(weight / sum, 0.01);
		});
	});
});
