import { expect } from 'chai';

import { DeviceRandoms } from '../../../../src/simulator/engine/device-random.js';

function draws(randoms: DeviceRandoms, device: number, count: number) {
	return Array.from({ length: count }, () => randoms.of(device)());
}

describe('DeviceRandoms', () => {
	it('repeats for the same seed and device, and for no other', () => {
		const first = draws(new DeviceRandoms(10, 1), 3, 5);
		expect(draws(new DeviceRandoms(10, 1), 3, 5)).to.deep.equal(first);
		expect(draws(new DeviceRandoms(10, 2), 3, 5)).to.not.deep.equal(first);
		expect(draws(new DeviceRandoms(10, 1), 4, 5)).to.not.deep.equal(first);
	});

	it('gives a device the same numbers whatever other devices draw', () => {
		const alone = draws(new DeviceRandoms(10, 1), 3, 4);
		const shared = new DeviceRandoms(10, 1);
		const mixed = Array.from({ length: 4 }, () => {
			shared.of(8)();
			return shared.of(3)();
		});
		expect(mixed).to.deep.equal(alone);
	});

	it('tells large seeds apart', () => {
		const small = draws(new DeviceRandoms(1, 7), 0, 3);
		expect(draws(new DeviceRandoms(1, 7 + 2 ** 40), 0, 3)).to.not.deep.equal(
			small,
		);
	});

	for (const seed of [0, 1, 2, 12345]) {
		it(`is uniform over devices and over draws (seed ${seed})`, () => {
			const devices = 20_000;
			const randoms = new DeviceRandoms(devices, seed);
			for (let round = 0; round < 4; round++) {
				const bins = new Array<number>(20).fill(0);
				for (let device = 0; device < devices; device++) {
					const drawn = randoms.of(device)();
					expect(drawn).to.be.within(0, 1 - 2 ** -33);
					bins[Math.floor(drawn * 20)]! += 1;
				}
				const expected = devices / 20;
				const chi = bins.reduce(
					(s, n) => s + (n - expected) ** 2 / expected,
					0,
				);
				// 19 degrees of freedom: above 50 once in 7,000 rounds.
				expect(chi).to.be.below(50);
			}
		});
	}

	it('does not tie the draws of neighbours together', () => {
		const randoms = new DeviceRandoms(20_000, 1);
		let sum = 0;
		for (let device = 0; device + 1 < 20_000; device++) {
			const here = randoms.of(device)() - 0.5;
			const next = randoms.of(device + 1)() - 0.5;
			sum += here * next;
		}
		expect(Math.abs((sum / 20_000) * 12)).to.be.below(0.03);
	});
});
