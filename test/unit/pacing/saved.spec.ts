import { expect } from 'chai';

import {
	createPacing,
	pace,
	remember,
	resolvePacing,
} from '../../../src/pacing/index.js';
import type { Random } from '../../../src/runtime/index.js';
import { Device } from './driver.js';

const HOUR_MS = 3_600_000;

function inCongestion(random?: Random): Device {
	const device = new Device({}, random);
	device.waitsOut(device.start()).linksFor(HOUR_MS);
	device.tell({ type: 'hint', hint: { reconnectWindowMs: 40_000 } });
	device.waitsOut(device.ends('link-reset'));
	for (let i = 0; i < 16; i++) {
		device.waitsOut(device.fails('early-reset'));
	}
	return device;
}

describe('memory of pacing', () => {
	it('resumes a wait for what is left of it, not for less', () => {
		const device = inCongestion();
		const wait = device.fails('early-reset');
		device.nowMs += 1000;
		const resumed = device.restarted().start();
		expect(resumed.law).to.equal('memory');
		expect(resumed.delayMs).to.equal(wait.delayMs - 1000);
	});

	it('counts the time that the machine was on, and that alone', () => {
		const device = new Device();
		device.waitsOut(device.start());
		device.fails('http-429', { retryAfterMs: 500_000 });
		const memory = remember(device.state, device.nowMs);
		for (const [ranMs, atLeastMs, atMostMs] of [
			[0, 500_000, 505_000],
			[400_000, 100_000, 105_000],
			[600_000, 0, 5_000],
		] as const) {
			const state = createPacing(resolvePacing(), memory, ranMs);
			const { wait } = pace(
				state,
				{ type: 'start' },
				{ nowMs: 77, random: () => 0.5 },
			);
			expect(wait?.delayMs, `${ranMs}`).to.be.within(atLeastMs, atMostMs);
		}
	});

	it('goes on where it was: the same future as without the restart', () => {
		// The same chance for both, whoever asks first.
		const stays = inCongestion(() => 0.3);
		const wait = stays.fails('early-reset');
		const returns = stays.restarted(7);
		stays.waitsOut(wait);
		returns.waitsOut(returns.start());
		for (let i = 0; i < 5; i++) {
			const expected = stays.fails('early-reset');
			const got = returns.fails('early-reset');
			expect(got).to.deep.equal(expected);
			stays.waitsOut(expected);
			returns.waitsOut(got);
		}
	});

	it('keeps the window, what was learned and the budget', () => {
		const device = inCongestion();
		device.linksFor(HOUR_MS);
		const next = device.restarted();
		expect(next.state.known).to.deep.equal(device.state.known);
		expect(next.state.known.windowMs).to.equal(40_000);
		const spent = new Device({ attemptsPerHour: 2 });
		spent.start();
		spent.fails('connect-refused');
		spent.fails('connect-refused');
		const again = spent.restarted();
		again.start();
		expect(again.fails('connect-refused').law).to.equal('budget');
	});

	it('keeps what a node said: a restart does not shorten it', () => {
		const device = new Device();
		device.waitsOut(device.start());
		device.fails('http-429', { retryAfterMs: 500_000 });
		device.nowMs += 100_000;
		expect(device.restarted().start().delayMs).to.be.at.least(400_000);
	});

	it('does not starve a process that dies before each attempt', () => {
		let device = new Device();
		device.waitsOut(device.start());
		device.fails('http-429', { retryAfterMs: HOUR_MS });
		const waits: number[] = [];
		for (let i = 0; i < 20; i++) {
			device = device.restarted();
			waits.push(device.start().delayMs);
		}
		expect(waits[0]).to.be.at.least(HOUR_MS);
		expect(waits.at(-1)).to.be.at.most(5000);
	});

	it('keeps of an episode that a stable link ended its decayed level, and what a node said', () => {
		const device = new Device();
		device.waitsOut(device.start());
		for (let i = 0; i < 16; i++) {
			device.waitsOut(device.fails('connect-refused'));
		}
		device.linksFor(60_000);
		const again = device.restarted();
		again.start();
		// 16 failures, halved twice, and the one of now.
		expect(again.fails('connect-refused').reason).to.include(' 5 times');

		device.nowMs += HOUR_MS;
		expect(device.restarted().start().delayMs).to.be.at.most(5000);
		device.tell({ type: 'hint', hint: { retryAfterMs: HOUR_MS } });
		device.nowMs += 60_000;
		expect(device.restarted().start().delayMs).to.be.at.least(HOUR_MS - 60_000);
	});

	it('keeps what a node said over several restarts in a row', () => {
		let device = new Device();
		device.waitsOut(device.start());
		device.fails('http-429', { retryAfterMs: HOUR_MS });
		for (let i = 0; i < 6; i++) {
			device = device.restarted();
			expect(device.start().delayMs, `restart ${i}`).to.be.at.least(HOUR_MS);
		}
	});

	it('lets the end of an outage end a back-off that a restart cut in two, and not what a node caused', () => {
		const restartedAfter = (code: 'no-route' | 'early-reset') => {
			const device = new Device();
			device.waitsOut(device.start());
			for (let i = 0; i < 6; i++) {
				device.waitsOut(device.fails(code));
			}
			device.fails(code);
			const again = device.restarted();
			again.start();
			return again;
		};
		const offline = restartedAfter('no-route');
		offline.tell({ type: 'network', up: false });
		expect(offline.tell({ type: 'network', up: true })!.delayMs).to.be.at.most(
			2000,
		);
		// Only told which network it is in: the wait goes on.
		expect(
			restartedAfter('no-route').tell({ type: 'network', up: true }),
		).to.equal(undefined);
		const crowded = restartedAfter('early-reset');
		crowded.tell({ type: 'network', up: false });
		expect(crowded.tell({ type: 'network', up: true })!.delayMs).to.be.at.least(
			5000,
		);
	});

	it('is plain JSON', () => {
		const device = inCongestion();
		device.fails('early-reset');
		const memory = remember(device.state, device.nowMs);
		expect(JSON.parse(JSON.stringify(memory))).to.deep.equal(
			Object.fromEntries(
				Object.entries(memory).filter(([, value]) => value !== undefined),
			),
		);
	});

	const known = inCongestion();
	const good = remember(known.state, known.nowMs);
	for (const [what, memory] of [
		['that is no object', 'memory'],
		['that is null', null],
	]) {
		it(`${what} counts as none`, () => {
			const options = resolvePacing();
			expect(createPacing(options, memory)).to.deep.equal(
				createPacing(options),
			);
		});
	}

	const broken: Array<[string, object]> = [
		['a law of a later version', { law: 'telepathy' }],
		['a field of a later version', { mood: 'good' }],
		['a budget that is none', { budget: 'much' }],
		['a knowledge that is none', { known: { windowMs: -7 } }],
		[
			'an episode with a field that is none',
			{ episode: { ...good.episode, phase: 'full' } },
		],
	];
	for (const [what, change] of broken) {
		it(`loses ${what} alone, and never a moment that a node named`, () => {
			const memory = {
				...good,
				...change,
				waitMs: 50_000,
			};
			const { restored } = createPacing(resolvePacing(), memory);
			expect(restored?.waitMs).to.equal(50_000);
			expect(restored?.episode?.notBeforeMs).to.equal(
				good.episode?.notBeforeMs,
			);
		});
	}

	it('takes a wait that is none for none', () => {
		for (const waitMs of ['soon', Infinity, -1]) {
			const memory = { ...good, waitMs };
			expect(createPacing(resolvePacing(), memory).restored?.waitMs).to.equal(
				0,
			);
		}
	});
});
