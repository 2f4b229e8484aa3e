import { networkInterfaces } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';

import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { OpenvpnLink } from '../../../src/transports/openvpn/link.js';

function make(localHost = '', localPort = '') {
	const clock = new VirtualClock();
	const reports: number[] = [];
	const closedAsDead: boolean[] = [];
	const link = new OpenvpnLink({
		transport: 'openvpn-tcp',
		node: 'a:443',
		clock,
		livenessMs: 60_000,
		report: (everySeconds) => reports.push(everySeconds),
		ends: { host: '192.0.2.1', port: '443', localHost, localPort },
		ended: new Promise(() => undefined),
		close: async (isDead) => {
			closedAsDead.push(isDead);
			await Promise.resolve();
		},
		onSilent: () => undefined,
		onHeard: () => undefined,
	});
	return { clock, link, reports, closedAsDead };
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
		const pinged = (localHost?: string, localPort?: string) => {
			const made = make(localHost, localPort);
			const { clock, link } = made;
			for (let bytes = 1000; bytes < 1500; bytes += 100) {
				link.count(bytes, 0);
				clock.advance(10_000);
			}
			link.count(1500, 0);
			return made;
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
			const { clock, link, reports, closedAsDead } = pinged();
			let sign: string | undefined;
			void link.checkLiveness(5000).then((how) => {
				sign = how;
			});
			clock.advance(11_900);
			await turn();
			expect(sign).to.equal(undefined);
			expect(reports).to.deep.equal([1]);
			clock.advance(200);
			await turn();
			expect(sign).to.equal('dead');
			expect(reports).to.deep.equal([1, 5]);
			await link.close();
			// Whoever only asked may find it alive again.
			clock.advance(10_000);
			await link.close();
			expect(closedAsDead).to.deep.equal([true, false]);
		});

		describe('over TCP, where the system would take another way now', () => {
			const own = Object.values(networkInterfaces())
				.flat()
				.find((info) => info?.family === 'IPv4')!.address;
			const asked = async (told: boolean[], wayTo = NOBODYS) => {
				const { clock, link } = pinged(own, '33842');
				link.system = {
					localAddressTo: async () => await Promise.resolve(wayTo),
					isUnacknowledged: () => told.shift() ?? false,
				};
				let sign: string | undefined;
				const startMs = clock.monotonicMs();
				void link.checkLiveness(5000).then((how) => {
					sign = how;
				});
				// What the node sends comes by the old way.
				link.count(2000, 0);
				while (sign === undefined) {
					await turn();
					clock.advance(500);
				}
				return [sign, clock.monotonicMs() - startMs] as const;
			};

			it('is dead as soon as nobody acknowledges what it sends, though something comes', async () => {
				const [sign, tookMs] = await asked([false, false, true]);
				expect(sign).to.equal('dead');
				expect(tookMs).to.be.within(3000, 4000);
			});

			it('is alive after a ping of its own was acknowledged, and at once where it is on the way that is used', async () => {
				const [sign, tookMs] = await asked([]);
				expect(sign).to.equal('alive');
				expect(tookMs).to.be.within(13_000, 14_000);
				const [same, sameMs] = await asked([true], own);
				expect(same).to.equal('alive');
				expect(sameMs).to.be.below(1500);
			});
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
