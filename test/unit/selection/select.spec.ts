import { expect } from 'chai';

import {
	OUTCOMES,
	pointsAtPath,
	type OutcomeCode,
} from '../../../src/outcome.js';
import type { SavedSelection } from '../../../src/selection/index.js';
import { Carrier, ended } from './carrier.js';

const codes = Object.keys(OUTCOMES) as OutcomeCode[];
const pathCodes = codes.filter(
	(code) => pointsAtPath(ended(code)) && code !== 'udp-blocked',
);
const otherCodes = codes.filter(
	(code) => !pointsAtPath(ended(code)) && ended(code).kind !== 'lost',
);

describe('the choice of transport', () => {
	it('takes the preferred one, and says so', () => {
		const carrier = new Carrier();
		expect(carrier.selected).to.equal('websocket');
		expect(carrier.reason).to.equal('websocket is preferred.');
	});

	it('takes the only one there is, whatever is held against it', () => {
		const carrier = new Carrier({ transports: ['udp'] });
		for (let i = 0; i < 20; i++) {
			expect(carrier.failed('udp', 'udp-blocked').after(5).selected).to.equal(
				'udp',
			);
		}
	});

	describe('counts against a transport', () => {
		for (const code of pathCodes) {
			it(`${code}, twice in a row`, () => {
				const carrier = new Carrier().failed('websocket', code);
				expect(carrier.selected, 'once is chance').to.equal('websocket');
				expect(carrier.failed('websocket', code).selected).to.equal('udp');
				expect(carrier.reason).to.equal(
					'udp, since websocket does not get through on this network (tried again in 300 s).',
				);
			});
		}

		it('two of different kinds', () => {
			const carrier = new Carrier();
			carrier.failed('websocket', 'connect-timeout', 'early-reset');
			expect(carrier.selected).to.equal('udp');
		});

		it('udp-blocked at once, for it was asked four times before', () => {
			const carrier = new Carrier({ transports: ['udp', 'websocket'] });
			expect(carrier.failed('udp', 'udp-blocked').selected).to.equal(
				'websocket',
			);
		});

		it('neither two failures more than an hour apart', () => {
			const carrier = new Carrier().failed('websocket', 'connect-refused');
			carrier.after(3601).failed('websocket', 'connect-refused');
			expect(carrier.selected).to.equal('websocket');
			carrier.after(3599).failed('websocket', 'connect-refused');
			expect(carrier.selected).to.equal('udp');
		});

		it('nor two with a link between them', () => {
			const carrier = new Carrier().failed('websocket', 'connect-refused');
			carrier.lasted('websocket', 60).failed('websocket', 'connect-refused');
			expect(carrier.selected).to.equal('websocket');
		});

		for (const code of otherCodes) {
			it(`never ${code}, however often`, () => {
				const carrier = new Carrier();
				for (let i = 0; i < 20; i++) {
					carrier.failed('websocket', code).after(1);
				}
				expect(carrier.selected).to.equal('websocket');
			});
		}

		for (const code of [
			'http-429',
			'http-503',
			'http-401',
			'http-404',
			'goaway',
		] as const) {
			it(`no failure before ${code}, by which the node spoke`, () => {
				const carrier = new Carrier();
				carrier.failed('websocket', 'early-reset', code, 'early-reset');
				expect(carrier.selected).to.equal('websocket');
			});
		}

		for (const code of [
			'dns-failed',
			'key-unavailable',
			'tls-expired',
			'superseded',
			'stopped',
		] as const) {
			it(`a failure before ${code}, which says nothing about the path`, () => {
				const carrier = new Carrier();
				carrier.failed('websocket', 'early-reset', code, 'early-reset');
				expect(carrier.selected).to.equal('udp');
			});
		}
	});

	describe('with a link that is cut soon after it came up', () => {
		it('tries another transport, which may get through what cuts this one', () => {
			const carrier = new Carrier().lasted('websocket', 5);
			expect(carrier.selected).to.equal('udp');
			expect(carrier.reason).to.match(
				/^udp, since websocket is cut soon after/,
			);
		});

		it('holds nothing against links that lasted, or were sent away', () => {
			expect(new Carrier().lasted('websocket', 60).selected).to.equal(
				'websocket',
			);
			const drained = new Carrier().lasted('websocket', 5, 'goaway');
			expect(drained.selected).to.equal('websocket');
		});

		it('goes back when UDP is cut just so, for then it is not the transport', () => {
			const carrier = new Carrier().lasted('websocket', 5);
			expect(carrier.lasted('udp', 5).selected).to.equal('websocket');
		});

		it('prefers a transport that a crowd kept out to one that is cut', () => {
			const carrier = new Carrier().lasted('websocket', 5);
			carrier.failed('udp', 'early-reset', 'early-reset');
			expect(carrier.selected).to.equal('udp');
			carrier.failed('udp', 'early-reset', 'early-reset', 'early-reset');
			expect(carrier.selected, 'but takes turns in the end').to.equal(
				'websocket',
			);
		});

		it('stays with UDP where UDP holds, and tries again beside it', () => {
			const carrier = new Carrier().lasted('websocket', 5).up('udp');
			expect(carrier.due('udp')).to.deep.equal({
				seconds: 300,
				transport: 'websocket',
			});
		});

		it('gives no second chance for a day to what was cut before, and a longer absence each time', () => {
			const carrier = new Carrier().lasted('websocket', 5).up('udp').after(300);
			carrier.tried('websocket').lasted('websocket', 4 * 3600);
			expect(carrier.selected, 'after four good hours').to.equal('udp');
			expect(carrier.up('udp').due('udp')!.seconds).to.equal(6 * 300);
			carrier.after(6 * 300).tried('websocket');
			carrier.lasted('websocket', 24 * 3600);
			expect(carrier.selected, 'after a good day').to.equal('websocket');
		});
	});

	describe('with a link that falls silent in the middle of a stream', () => {
		it('takes the other transport after the second in a row, when each was made again at once', () => {
			const carrier = new Carrier().lasted('websocket', 120, 'link-stalled');
			expect(carrier.selected).to.equal('websocket');
			carrier.after(5).lasted('websocket', 300, 'link-stalled');
			expect(carrier.selected).to.equal('udp');
		});

		for (const [what, seconds, code] of [
			['the path itself was gone meanwhile', 40, 'link-stalled'],
			['one in between ended otherwise', 5, 'link-reset'],
			['a stream was open in only one', 5, 'link-silent'],
		] as const) {
			it(`stays when ${what}`, () => {
				const carrier = new Carrier()
					.lasted('websocket', 120, 'link-stalled')
					.after(seconds)
					.lasted('websocket', 120, code);
				expect(carrier.selected).to.equal('websocket');
			});
		}
	});

	describe('when nothing gets through', () => {
		it('never stops trying, in turns, twice the preferred one first', () => {
			const carrier = new Carrier();
			const tried: string[] = [];
			for (let i = 0; i < 9; i++) {
				const name = carrier.selected;
				tried.push(name === 'udp' ? 'U' : 'T');
				carrier
					.failed(name, name === 'udp' ? 'udp-blocked' : 'connect-timeout')
					.after(10);
			}
			expect(tried.join('')).to.equal('TTUUTUTUT');
			expect(carrier.reason).to.match(/^udp, the turn being its own/);
		});

		it('lets no verdict grow, for it is probably no transport that is to blame', () => {
			const carrier = new Carrier();
			for (let minute = 0; minute < 24 * 60; minute++) {
				const name = carrier.selected;
				carrier
					.failed(name, name === 'udp' ? 'udp-blocked' : 'connect-refused')
					.after(60);
			}
			carrier.up('udp');
			expect(carrier.due('udp')!.seconds).to.be.at.most(300);
		});

		it('lets a verdict that was right before grow once at most, however long that lasts', () => {
			const carrier = new Carrier();
			carrier
				.failed('websocket', 'connect-refused', 'connect-refused')
				.up('udp');
			for (let i = 0; i < 500; i++) {
				carrier
					.failed('udp', 'udp-blocked')
					.failed('websocket', 'connect-refused')
					.after(60);
			}
			expect(carrier.up('udp').due('udp')!.seconds).to.be.at.most(600);
		});

		it('does not renew a verdict that stands', () => {
			const carrier = new Carrier();
			carrier
				.failed('websocket', 'connect-refused', 'connect-refused')
				.up('udp');
			carrier.after(100).failed('udp', 'udp-blocked');
			carrier.failed('websocket', 'connect-refused').up('udp');
			expect(carrier.due('udp')!.seconds).to.equal(200);
		});

		it('holds nothing against a transport that is the first to come back', () => {
			const carrier = new Carrier();
			carrier.failed('websocket', 'connect-refused', 'connect-refused');
			carrier.failed('udp', 'udp-blocked').up('websocket').after(500);
			carrier.failed('websocket', 'connect-refused');
			expect(carrier.selected).to.equal('websocket');
		});
	});

	describe('the way back', () => {
		const onUdp = () =>
			new Carrier()
				.failed('websocket', 'connect-refused', 'connect-refused')
				.up('udp');

		it('is not needed on the preferred transport, or on one that is not configured', () => {
			expect(new Carrier().up('websocket').due('websocket')).to.equal(
				undefined,
			);
			expect(new Carrier().due('openvpn-udp')).to.equal(undefined);
		});

		it('is tried after five minutes, doubling to four hours', () => {
			const carrier = onUdp();
			const waits: number[] = [];
			for (let i = 0; i < 9; i++) {
				const { seconds } = carrier.due('udp')!;
				waits.push(seconds / 60);
				carrier.after(seconds).tried('websocket', ended('connect-timeout'));
			}
			expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 240, 240, 240]);
		});

		it('begins with the wait that the options give', () => {
			const carrier = new Carrier({ returnAfterMs: 2000 });
			carrier
				.failed('websocket', 'connect-refused', 'connect-refused')
				.up('udp');
			expect(carrier.due('udp')!.seconds).to.equal(2);
		});

		it('is jittered from half to one and a half', () => {
			for (const [roll, seconds] of [
				[0, 150],
				[0.999_999, 450],
			] as const) {
				const carrier = new Carrier();
				carrier.random = () => roll;
				carrier
					.failed('websocket', 'connect-refused', 'connect-refused')
					.up('udp');
				expect(carrier.due('udp')!.seconds).to.be.closeTo(seconds, 0.01);
			}
		});

		it('is counted from when the fallback came up, not from the verdict', () => {
			const carrier = new Carrier();
			carrier.failed('websocket', 'connect-refused', 'connect-refused');
			carrier.after(200).up('udp');
			expect(carrier.due('udp')!.seconds).to.equal(300);
			carrier.lasted('udp', 100).up('udp');
			expect(
				carrier.due('udp')!.seconds,
				'another link over UDP changes nothing',
			).to.equal(200);
		});

		it('waits out a herd, which resets look like: twice as long again as it lasted for this device', () => {
			const carrier = new Carrier()
				.failed('websocket', 'early-reset')
				.after(500);
			carrier.failed('websocket', 'early-reset').after(100).up('udp');
			expect(carrier.due('udp')!.seconds).to.equal(300 + 2 * 600);
			const later = new Carrier()
				.failed('websocket', 'early-reset')
				.after(4000);
			later.failed('websocket', 'early-reset', 'early-reset').up('udp');
			expect(later.due('udp')!.seconds, 'an old reset is no herd').to.equal(
				300,
			);
		});

		it('is gone once it succeeded', () => {
			const carrier = onUdp().after(300).tried('websocket').up('websocket');
			expect(carrier.selected).to.equal('websocket');
			expect(carrier.due('websocket')).to.equal(undefined);
		});

		it("leaves the choice alone when it failed: the live link's transport stays the choice", () => {
			const carrier = onUdp()
				.after(300)
				.tried('websocket', ended('early-reset'));
			expect(carrier.selected).to.equal('udp');
		});

		it('is not made at the cost of an attempt: after the verdict has lapsed the good one is still dialled first', () => {
			const carrier = onUdp().after(4000);
			expect(carrier.selected).to.equal('udp');
			expect(carrier.due('udp')!.seconds).to.be.at.most(0);
			carrier.failed('udp', 'udp-blocked');
			expect(carrier.selected, 'but not if it fails').to.equal('websocket');
		});

		it('begins with the preferred one again where the last good one has failed too', () => {
			const carrier = onUdp().failed('udp', 'udp-blocked').after(4000);
			expect(carrier.selected).to.equal('websocket');
		});

		it('keeps to what a busy node says, and is not held against the transport', () => {
			const busy = ended('http-429', { retryAfterMs: 3_600_000 });
			const carrier = onUdp().after(300).tried('websocket', busy);
			expect(carrier.due('udp')!.seconds).to.equal(3600);
			carrier.after(3600).tried('websocket', ended('http-503'));
			expect(carrier.due('udp')!.seconds, 'no doubling').to.equal(300);
		});

		it('is not tried in a loop, whatever a trial ended with', () => {
			for (const code of codes) {
				const carrier = onUdp().after(300).tried('websocket', ended(code));
				expect(carrier.due('udp')!.seconds, code).to.be.at.least(300);
			}
		});

		it('does not flap: the first failure after a return renews the verdict, for six times as long', () => {
			const carrier = onUdp();
			const waits: number[] = [];
			for (let i = 0; i < 4; i++) {
				const { seconds } = carrier.due('udp')!;
				waits.push(seconds / 60);
				carrier.after(seconds).tried('websocket').lasted('websocket', 8);
				expect(carrier.selected, 'cut once').to.equal('udp');
				carrier.up('udp');
			}
			expect(waits).to.deep.equal([5, 30, 180, 240]);
		});

		it('ends the probation when a link has lasted ten minutes', () => {
			const carrier = onUdp()
				.after(300)
				.tried('websocket')
				.lasted('websocket', 601);
			expect(carrier.failed('websocket', 'connect-refused').selected).to.equal(
				'websocket',
			);
			carrier.failed('websocket', 'connect-refused').up('udp');
			expect(carrier.due('udp')!.seconds).to.equal(300);
		});

		it('of three transports tries the one that is due first', () => {
			const carrier = new Carrier({
				transports: ['udp', 'websocket', 'openvpn-tcp'],
			});
			carrier.failed('udp', 'udp-blocked').after(100);
			carrier.failed('websocket', 'connect-refused', 'connect-refused');
			expect(carrier.selected).to.equal('openvpn-tcp');
			carrier.up('openvpn-tcp').after(300).tried('udp', ended('udp-blocked'));
			expect(carrier.due('openvpn-tcp')).to.deep.equal({
				seconds: 0,
				transport: 'websocket',
			});
			expect(carrier.tried('websocket').selected).to.equal('websocket');
			expect(carrier.due('websocket')).to.deep.equal({
				seconds: 600,
				transport: 'udp',
			});
		});

		it('serves openvpn by the same rules', () => {
			const carrier = new Carrier({
				transports: ['openvpn-udp', 'openvpn-tcp'],
			});
			carrier.failed('openvpn-udp', 'connect-timeout', 'connect-timeout');
			expect(carrier.selected).to.equal('openvpn-tcp');
			expect(carrier.up('openvpn-tcp').due('openvpn-tcp')).to.deep.equal({
				seconds: 300,
				transport: 'openvpn-udp',
			});
		});
	});

	describe('on another network', () => {
		const onUdp = () =>
			new Carrier()
				.moved('wifi')
				.failed('websocket', 'no-route', 'no-route')
				.up('udp');

		it('forgets the evidence, and returns at once', () => {
			const carrier = onUdp().moved('lte');
			expect(carrier.selected).to.equal('websocket');
			expect(carrier.due('udp')!.seconds).to.equal(0);
			expect(carrier.state.lastGood).to.equal(undefined);
		});

		it('tries the most preferred of those that it knows nothing about', () => {
			const carrier = new Carrier({
				transports: ['udp', 'websocket', 'openvpn-tcp'],
			});
			expect(carrier.due('openvpn-tcp')).to.deep.equal({
				seconds: 0,
				transport: 'udp',
			});
		});

		it('keeps it when the same network is told again, or the first time', () => {
			expect(onUdp().moved('wifi').selected).to.equal('udp');
			const unnamed = new Carrier().failed('websocket', 'no-route', 'no-route');
			expect(unnamed.moved('wifi').selected).to.equal('udp');
		});
	});

	describe('after a restart', () => {
		const onUdp = () =>
			new Carrier()
				.moved('wifi')
				.failed('websocket', 'connect-refused', 'connect-refused')
				.up('udp')
				.after(100);

		it('still knows what is blocked and for how long, and the last good transport', () => {
			const carrier = onUdp().restarted(50);
			expect(carrier.selected).to.equal('udp');
			expect(carrier.due('udp')!.seconds).to.equal(150);
		});

		it('dials the last good one after a long time off, and then tries the preferred one beside it', () => {
			const carrier = onUdp().restarted(86_400);
			expect(carrier.selected).to.equal('udp');
			expect(carrier.up('udp').due('udp')!.seconds).to.equal(300);
		});

		it('goes on with the doubling', () => {
			const carrier = onUdp();
			carrier.tried('websocket', ended('connect-refused'));
			const next = carrier.restarted().up('udp');
			expect(next.due('udp')!.seconds).to.equal(600);
			next.after(600).tried('websocket', ended('connect-refused'));
			expect(next.due('udp')!.seconds).to.equal(1200);
		});

		it('forgets it all when the network is another one', () => {
			expect(onUdp().restarted().moved('wifi').selected).to.equal('udp');
			expect(onUdp().restarted().moved('lte').selected).to.equal('websocket');
		});

		it('heeds nothing about transports that are no longer configured', () => {
			const next = onUdp().restarted(0, {
				transports: ['openvpn-tcp', 'websocket'],
			});
			expect(next.selected).to.equal('openvpn-tcp');
			expect(next.state.lastGood).to.equal(undefined);
		});

		it('is bound by no verdict for longer than a verdict can last', () => {
			const carrier = onUdp();
			const verdict = {
				level: 60,
				leftMs: 1e12,
				why: 'path' as const,
				confirmed: true,
				lifted: false,
			};
			const memory: SavedSelection = {
				transports: { websocket: { failures: 2, verdict } },
			};
			carrier.state = new Carrier({}, memory).state;
			expect(carrier.due('udp')!.seconds).to.be.at.most(1.5 * 4 * 3600);
		});

		for (const memory of [
			null,
			'x',
			{ transports: 1 },
			{ transports: { udp: { failures: -1 } } },
		]) {
			it(`starts anew from ${JSON.stringify(memory)}`, () => {
				const carrier = new Carrier({}, memory as unknown as SavedSelection);
				expect(carrier.state.evidence).to.deep.equal({});
				expect(carrier.selected).to.equal('websocket');
			});
		}
	});
});
