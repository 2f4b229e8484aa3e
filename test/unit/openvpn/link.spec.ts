import { setImmediate as turn } from 'node:timers/promises';

import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { OpenvpnLink } from '../../../src/transports/openvpn/link.js';

function make(localHost = '') {
	const clock = new VirtualClock();
	const link = new OpenvpnLink({
		transport: 'openvpn-tcp',
		node: 'a:443',
		clock,
		livenessMs: 60_000,
		localHost,
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

	describe('asked for a sign of life after a change of network', () => {
		const NOBODYS = '192.0.2.77';

		/** A link whose node has pinged every ten seconds. */
		const pinged = (localHost?: string) => {
			const { clock, link } = make(localHost);
			for (let bytes = 1000; bytes < 1500; bytes += 100) {
				link.count(bytes, 0);
				clock.advance(10_000);
			}
			link.count(1500, 0);
			return { clock, link };
		};

		it('is not judged by an address that it is not bound to, or that is not of this network namespace', async () => {
			for (const address of ['127.0.0.1', '0.0.0.0', NOBODYS, '']) {
				const { link } = pinged(address);
				const sign = link.checkLiveness(5000);
				link.count(2000, 0);
				expect(await sign, address).to.equal('alive');
			}
		});

		it('is dead when the node is quiet for longer than it ever was, and not before', async () => {
			const { clock, link } = pinged();
			let sign: string | undefined;
			void link.checkLiveness(5000).then((how) => {
				sign = how;
			});
			clock.advance(11_900);
			await turn();
			expect(sign).to.equal(undefined);
			clock.advance(200);
			await turn();
			expect(sign).to.equal('dead');
		});

		it('is not judged by the silence of a node that never sends anything', async () => {
			const { link } = make();
			link.count(4000, 0);
			expect(await link.checkLiveness(5000)).to.equal('alive');
		});
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
