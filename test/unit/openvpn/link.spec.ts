import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { OpenvpnLink } from '../../../src/transports/openvpn/link.js';

function make() {
	const clock = new VirtualClock();
	const link = new OpenvpnLink({
		transport: 'openvpn-tcp',
		node: 'a:443',
		clock,
		livenessMs: 60_000,
		ended: new Promise(() => undefined),
		close: () => Promise.resolve(),
		onSilent: () => undefined,
		onHeard: () => undefined,
	});
	return { clock, link };
}

describe('OpenvpnLink', () => {
	it('tells at once what came before anybody listened, and then what comes', () => {
		const { link } = make();
		const heard: Hint[] = [];
		link.tell({ reconnectWindowMs: 1 });
		link.listen({
			onHint: (hint) => heard.push(hint),
			onDrain: () => undefined,
		});
		link.tell({ reconnectWindowMs: 2 });
		expect(heard).to.deep.equal([
			{ reconnectWindowMs: 1 },
			{ reconnectWindowMs: 2 },
		]);
	});

	it('knows its age and the bytes that openvpn counted', () => {
		const { clock, link } = make();
		clock.advance(1500);
		link.count(10, 20);
		expect(link.stats()).to.deep.equal({
			ageMs: 1500,
			bytesIn: 10,
			bytesOut: 20,
			openStreams: 0,
		});
	});
});
