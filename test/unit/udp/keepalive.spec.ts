import { expect } from 'chai';

import { keepaliveFor } from '../../../src/transports/udp/device/keepalive.js';
import { IDLE_TIMEOUT_MS } from '../../../src/transports/udp/wire/limits.js';

const NAT_MS = 30_000;

describe('keepaliveFor()', () => {
	it('holds a NAT that forgets after 30 s, and is heard of before the link counts as lost', () => {
		for (const livenessMs of [1000, 10_000, 45_000, 60_000, 150_000]) {
			const [from, to] = keepaliveFor(livenessMs);
			expect(from).to.be.below(to);
			expect(to).to.be.below(Math.min(NAT_MS, (2 / 3) * livenessMs));
		}
	});

	it('is as seldom as the node allows where liveness is counted in minutes', () => {
		const [from, to] = keepaliveFor(300_000);
		expect((from + to) / 2).to.equal(45_000);
		expect(keepaliveFor(3_600_000)).to.deep.equal([from, to]);
		expect(to).to.be.below(IDLE_TIMEOUT_MS - 10_000);
	});
});
