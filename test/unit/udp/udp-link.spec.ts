import { expect } from 'chai';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';

import { outcome } from '../../../src/outcome.js';
import type { Dialled } from '../../../src/transports/udp/device/connect.js';
import { UdpLink } from '../../../src/transports/udp/device/udp-link.js';
import type { Link } from '../../../src/transport.js';

describe('A link over UDP', () => {
	const over = outcome('link-failed', 'It is over.');
	const make = (stream: PassThrough) =>
		new UdpLink(
			{ node: 'node:443', ended: Promise.resolve(over) } as Link,
			{ stream } as unknown as Dialled,
		);

	it('has ended when its connection had gone before the link was made', async () => {
		const stream = new PassThrough();
		stream.destroy();
		await once(stream, 'close');
		expect(await make(stream).ended).to.equal(over);
	});

	it('takes its connection with it', async () => {
		const stream = new PassThrough();
		expect(await make(stream).ended).to.equal(over);
		expect(stream.closed).to.equal(true);
	});
});
