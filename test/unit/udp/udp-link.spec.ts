import { expect } from 'chai';

import { outcome } from '../../../src/outcome.js';
import type { Dialled } from '../../../src/transports/udp/device/connect.js';
import { UdpLink } from '../../../src/transports/udp/device/udp-link.js';
import type { Link, LinkStats } from '../../../src/transport.js';

describe('A link over UDP', () => {
	it('ends as the native link does, and tells the round trip of its connection', async () => {
		const over = outcome('link-failed', 'It is over.');
		const link = new UdpLink(
			{
				node: 'node:443',
				ended: Promise.resolve(over),
				stats: () => ({ roundTripMs: 900 }) as LinkStats,
			} as Link,
			{ connection: { roundTripMs: 40 } } as Dialled,
		);
		expect(await link.ended).to.equal(over);
		expect(link.stats().roundTripMs).to.equal(40);
	});
});
