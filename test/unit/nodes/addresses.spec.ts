import { expect } from 'chai';

import { orderAddresses } from '../../../src/nodes/addresses.js';
import { hashText } from '../../../src/nodes/hash.js';

const v4 = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
const v6 = ['2001:db8::1', '2001:db8::2'];
const device = hashText('device');

describe('the order of addresses', () => {
	it('uses all of them, once each', () => {
		for (const turn of [0, 1, 2, 3, 1000]) {
			expect(orderAddresses([...v4, ...v6], device, turn)).to.have.members([
				...v4,
				...v6,
			]);
		}
		expect(orderAddresses([], device, 3)).to.deep.equal([]);
	});

	it('alternates the families, beginning with the one that the system prefers', () => {
		const family = (address: string) => (address.includes(':') ? 6 : 4);
		const families = (addresses: string[]) =>
			orderAddresses(addresses, device, 0).map(family);
		expect(families([...v6, ...v4])).to.deep.equal([6, 4, 6, 4, 4]);
		expect(families([...v4, ...v6])).to.deep.equal([4, 6, 4, 6, 4]);
		expect(families([v4[0]!, ...v6])).to.deep.equal([4, 6, 6]);
	});

	it('does not hang on the order in which DNS lists a family', () => {
		expect(orderAddresses([...v4].reverse(), device, 0)).to.deep.equal(
			orderAddresses(v4, device, 0),
		);
	});

	it('differs from device to device', () => {
		const firsts = new Set(
			Array.from({ length: 50 }, (_, i) =>
				String(orderAddresses(v4, hashText(`device-${i}`), 0)),
			),
		);
		expect(firsts.size).to.equal(6);
	});

	it('gives every address its turn at the front', () => {
		const fronts = [0, 1, 2].map((turn) => orderAddresses(v4, device, turn)[0]);
		expect(fronts).to.have.members(v4);
	});
});
