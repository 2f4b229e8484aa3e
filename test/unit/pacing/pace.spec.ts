import { expect } from 'chai';

import type { OutcomeCode } from '../../../src/outcome.js';
import { always, Device } from './driver.js';

const HOUR_MS = 3_600_000;

/** A device whose link has long been up. */
function linked(...given: ConstructorParameters<typeof Device>): Device {
	const device = new Device(...given);
	device.waitsOut(device.start()).linksFor(HOUR_MS);
	return device;
}

function quantile(values: number[], q: number): number {
	return values.sort((a, b) => a - b)[Math.floor(q * values.length)]!;
}

describe('pacing of a start', () => {
	it('spreads the first attempt over at most 5 s', () => {
		const device = new Device();
		for (let i = 0; i < 200; i++) {
			const wait = device.start();
			expect(wait).to.include({ law: 'spread', windowMs: 5000 });
			expect(wait.delayMs).to.be.within(0, 5000);
		}
	});
});

describe('pacing of a lost link', () => {
	it('brings one device back within 2 s at the median and 5 s at the 99th percentile', () => {
		const device = linked();
		const delays = Array.from({ length: 1000 }, () => {
			const { delayMs } = device.ends('link-reset');
			device.nowMs += delayMs;
			device.linksFor(HOUR_MS);
			return delayMs;
		});
		expect(quantile(delays, 0.5)).to.be.below(2000);
		expect(quantile(delays, 0.99)).to.be.below(5000);
	});

	it('is uniform over a window that the node told', () => {
		const device = linked();
		const delays = Array.from({ length: 2000 }, () => {
			device.tell({ type: 'hint', hint: { reconnectWindowMs: 200_000 } });
			const wait = device.ends('link-reset');
			expect(wait.law).to.equal('window');
			expect(wait.reason).to.include('200 s');
			device.waitsOut(wait).linksFor(HOUR_MS);
			return wait.delayMs;
		});
		expect(quantile(delays, 0.999)).to.be.at.most(210_000);
		expect(quantile(delays, 0.5)).to.be.within(95_000, 115_000);
		expect(quantile(delays, 0.1)).to.be.within(15_000, 30_000);
	});

	it('leaves the node time to notice, after a silent loss and only then, where asked to', () => {
		const device = linked({ oldSessionMs: 60_000 });
		const silent = device.ends('link-silent');
		expect(silent.delayMs).to.be.within(60_000, 65_000);
		device.waitsOut(silent).linksFor(HOUR_MS);
		expect(device.ends('link-reset').delayMs).to.be.below(5000);
	});

	it('waits longer for a link that comes up and goes again and again', () => {
		const device = linked();
		const delays: number[] = [];
		for (let i = 0; i < 5; i++) {
			const wait = device.ends('link-reset');
			delays.push(wait.delayMs);
			device.waitsOut(wait).linksFor(1000);
		}
		expect(delays[2]).to.be.above(delays[1]!);
		expect(delays[4]).to.be.above(60_000);
	});
});

describe('pacing of a drained link', () => {
	it('dials the successor within the time that the old link has left', () => {
		const device = linked();
		for (let i = 0; i < 200; i++) {
			const wait = device.ends('drain-notice', { drainDeadlineMs: 30_000 });
			expect(wait.delayMs).to.be.at.most(24_000);
			device.waitsOut(wait).linksFor(HOUR_MS);
		}
	});

	it('keeps within a told window that is shorter', () => {
		const device = linked();
		const hint = { drainDeadlineMs: 600_000, reconnectWindowMs: 10_000 };
		for (let i = 0; i < 100; i++) {
			const wait = device.ends('goaway', hint);
			expect(wait.delayMs).to.be.at.most(10_500);
			device.waitsOut(wait).linksFor(HOUR_MS);
		}
	});

	it('goes on with the successor when the old link ends meanwhile', () => {
		const device = linked();
		const wait = device.ends('drain-notice', { drainDeadlineMs: 30_000 });
		device.nowMs += 10;
		expect(device.ends('link-ended').delayMs).to.equal(wait.delayMs - 10);
	});
});

describe('pacing of an unreachable node', () => {
	const codes: OutcomeCode[] = ['connect-refused', 'dns-failed', 'no-route'];

	it('tries three times within seconds, so that another transport gets its chance', () => {
		const device = linked();
		let spent = device.ends('link-reset').delayMs;
		for (const code of codes.slice(0, 2)) {
			spent += device.fails(code).delayMs;
		}
		expect(spent).to.be.below(20_000);
	});

	it('then makes about one attempt in each period, for ever', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		const until = device.nowMs + 24 * HOUR_MS;
		let attempts = 0;
		while (device.nowMs < until) {
			const wait = device.fails('connect-refused');
			expect(wait.law).to.equal('backoff');
			device.waitsOut(wait);
			attempts++;
		}
		expect(attempts).to.be.within(960, 980);
	});

	it('counts the period from when an attempt began, so that time-outs do not stretch it', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		const starts: number[] = [];
		for (let i = 0; i < 10; i++) {
			starts.push(device.nowMs);
			device.tell({ type: 'attempt' });
			device.nowMs += 10_000;
			device.waitsOut(device.ends('connect-timeout'));
		}
		expect(starts[9]! - starts[8]!).to.equal(89_000);
	});
});

describe('pacing of a crowded node', () => {
	it('keeps to a place in the queue', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		const wait = device.fails('http-429', { retryAfterMs: 70_000 });
		expect(wait).to.deep.include({
			law: 'slot',
			hint: { retryAfterMs: 70_000 },
		});
		expect(wait.delayMs).to.be.within(70_000, 70_100);
	});

	it('believes another place once more, but not a third', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		device.waitsOut(device.fails('http-429', { retryAfterMs: 20_000 }));
		const second = device.fails('http-429', { retryAfterMs: 60_000 });
		expect(second.law).to.equal('slot');
		device.waitsOut(second);
		const third = device.fails('http-429', { retryAfterMs: 90_000 });
		expect(third.law).to.equal('congestion');
		expect(third.delayMs).to.be.at.least(90_000);
	});

	it('keeps to a constant once, and knows it for one when it is told again: a herd that begins anew', () => {
		for (const constantMs of [1000, 30_000, 300_000]) {
			const delays: number[] = [];
			for (let i = 0; i < 200; i++) {
				const device = linked({}, Math.random);
				device.waitsOut(device.ends('link-reset'));
				const first = device.fails('http-429', { retryAfterMs: constantMs });
				expect(first.law).to.equal('slot');
				expect(first.delayMs).to.be.at.least(constantMs);
				device.waitsOut(first);
				const wait = device.fails('http-429', { retryAfterMs: constantMs });
				expect(wait.law).to.equal('congestion');
				delays.push(wait.delayMs);
			}
			expect(quantile(delays, 0.1)).to.be.below(12_000);
			expect(quantile(delays, 0.9)).to.be.within(18_000, 34_000);
		}
	});

	it('still keeps to another time than the constant', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		for (let i = 0; i < 2; i++) {
			device.waitsOut(device.fails('http-429', { retryAfterMs: 30_000 }));
		}
		const wait = device.fails('http-429', { retryAfterMs: 90_000 });
		expect(wait.delayMs).to.be.at.least(90_000);
	});

	it('goes by a window that is told at the door', () => {
		const delays = Array.from({ length: 200 }, () => {
			const device = linked({}, Math.random);
			device.waitsOut(device.ends('link-reset'));
			const wait = device.fails('http-429', { reconnectWindowMs: 100_000 });
			expect(wait.law).to.equal('window');
			return wait.delayMs;
		});
		expect(quantile(delays, 0.1)).to.be.below(20_000);
		expect(quantile(delays, 0.9)).to.be.within(85_000, 110_000);
	});

	it('goes by a window that is told at the door of a herd that has run for long', () => {
		const delays = Array.from({ length: 200 }, () => {
			const device = linked({}, Math.random);
			device.waitsOut(device.ends('link-reset'));
			for (let i = 0; i < 5; i++) {
				device.fails('early-reset');
				device.nowMs += 10_000;
			}
			const wait = device.fails('http-429', { reconnectWindowMs: 100_000 });
			expect(wait.law).to.equal('window');
			return wait.delayMs;
		});
		expect(quantile(delays, 0.1)).to.be.below(20_000);
		expect(quantile(delays, 0.9)).to.be.within(45_000, 60_000);
	});

	it('draws its phase anew for each herd, so that nobody is last each time', () => {
		const device = linked();
		const waits = Array.from({ length: 20 }, () => {
			device.waitsOut(device.ends('link-reset'));
			const { delayMs } = device.fails('early-reset');
			device.nowMs += delayMs;
			device.linksFor(HOUR_MS);
			return delayMs;
		});
		expect(new Set(waits).size).to.be.above(15);
	});

	it('paces the refusal of a key that worked like an outage, and of another one slowly', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		let longest = 0;
		for (let i = 0; i < 60; i++) {
			const wait = device.fails('http-401');
			expect(wait.law).to.equal('congestion');
			longest = Math.max(longest, wait.delayMs);
			device.waitsOut(wait);
		}
		expect(longest).to.be.at.most(40 * 60_000);
		device.tell({ type: 'configured', device: true, elsewhere: false });
		expect(device.fails('http-401').law).to.equal('slow');
	});

	it('without a hint waits longer and longer', () => {
		const device = linked();
		device.waitsOut(device.ends('link-reset'));
		const delays: number[] = [];
		for (let i = 0; i < 12; i++) {
			const wait = device.fails('early-reset');
			expect(wait.law).to.equal('congestion');
			delays.push(wait.delayMs);
			device.waitsOut(wait);
		}
		expect(delays[0]).to.be.within(1000, 34_000);
		expect(Math.max(...delays.slice(0, 3))).to.be.below(
			Math.max(...delays.slice(9)),
		);
	});

	it('begins when nodes can be asked again: an hour without names does not make the turns longer', () => {
		for (let i = 0; i < 20; i++) {
			const device = linked({}, always(i / 20));
			let wait = device.ends('link-reset');
			for (let n = 0; n < 300; n++) {
				wait = device.waitsOut(wait).fails('dns-failed');
			}
			wait = device.waitsOut(wait).fails('early-reset');
			expect(wait.law).to.equal('congestion');
			expect(wait.delayMs).to.be.at.most(34_000);
		}
	});

	it('inside a told window tries again towards its end', () => {
		const device = linked();
		device.tell({ type: 'hint', hint: { reconnectWindowMs: 100_000 } });
		const lostMs = device.nowMs;
		device.waitsOut(device.ends('link-reset'));
		for (let i = 0; i < 3; i++) {
			const wait = device.fails('early-reset');
			expect(wait.law).to.equal('window');
			device.waitsOut(wait);
			expect(device.nowMs - lostMs).to.be.within(50_000, 111_800);
		}
	});
});

describe('pacing of what has to be mended', () => {
	it('is slow and growing, up to an hour', () => {
		const device = new Device();
		device.start();
		let last = 0;
		for (let i = 0; i < 20; i++) {
			const wait = device.fails('http-401');
			expect(wait.law).to.equal('slow');
			last = wait.delayMs;
			device.waitsOut(wait);
		}
		expect(last).to.be.within(HOUR_MS / 2, HOUR_MS);
	});

	it('ends soon after the clock was set, when the clock was what was wrong', () => {
		const device = linked();
		for (let i = 0; i < 5; i++) {
			device.waitsOut(device.fails('clock-wrong'));
		}
		device.fails('clock-wrong');
		expect(device.tell({ type: 'clock-step' })!.delayMs).to.be.below(5001);
	});

	it('is not shortened by the clock when it has another cause', () => {
		const device = linked();
		device.fails('http-403');
		expect(device.tell({ type: 'clock-step' })).to.equal(undefined);
	});
});

describe('pacing without a network', () => {
	it('spends no attempt while it is down, and ends the wait soon after it is back', () => {
		const device = linked();
		device.ends('link-reset');
		device.fails('connect-refused');
		const down = device.tell({ type: 'network', up: false })!;
		expect(down.law).to.equal('offline');
		expect(down.delayMs).to.be.at.least(60_000);
		device.nowMs += 40_000;
		const up = device.tell({ type: 'network', up: true })!;
		expect(up.law).to.equal('spread');
		expect(up.delayMs).to.be.below(2001);
	});

	it('keeps the spread of a start when it is only told which network it is in', () => {
		const device = new Device();
		device.start();
		expect(device.tell({ type: 'network', up: true })).to.equal(undefined);
	});

	it('does not let a network that comes back shorten what a node said', () => {
		const device = linked();
		device.ends('link-reset');
		device.fails('http-429', { retryAfterMs: 300_000 });
		device.tell({ type: 'network', up: false });
		device.nowMs += 100_000;
		const up = device.tell({ type: 'network', up: true })!;
		expect(up.law).to.equal('slot');
		expect(up.delayMs).to.be.within(200_000, 200_100);
	});

	it('says nothing where no wait is running', () => {
		const device = linked();
		expect(device.tell({ type: 'network', up: false })).to.equal(undefined);
		expect(device.tell({ type: 'network', up: true })).to.equal(undefined);
	});

	it('tries once in a while all the same, since what says so may be wrong', () => {
		const device = linked();
		device.tell({ type: 'network', up: false });
		const wait = device.ends('link-silent');
		expect(wait.law).to.equal('offline');
		expect(wait.delayMs).to.be.at.most(15 * 60_000);
	});

	it('skips the told window of a node when it was the own network that went', () => {
		const device = linked();
		device.tell({ type: 'hint', hint: { reconnectWindowMs: HOUR_MS } });
		device.tell({ type: 'network', up: false });
		device.ends('link-silent');
		device.nowMs += 5000;
		const up = device.tell({ type: 'network', up: true })!;
		expect(up.delayMs).to.be.below(2001);
	});
});

describe('budget of attempts', () => {
	it('slows a device that has used it up, whatever the law asks for', () => {
		const device = linked({ attemptsPerHour: 5 });
		const laws: string[] = [];
		for (let i = 0; i < 12; i++) {
			const wait = device.fails('connect-refused');
			laws.push(wait.law);
			device.waitsOut(wait);
		}
		expect(laws.slice(-6)).to.deep.equal(Array<string>(6).fill('budget'));
		const before = device.nowMs;
		device.waitsOut(device.fails('connect-refused'));
		expect(device.nowMs - before).to.be.closeTo(HOUR_MS / 5, 1000);
	});

	it('does not show with the defaults in a day without a node', () => {
		const device = linked();
		for (let i = 0; i < 900; i++) {
			const wait = device.fails('connect-refused');
			expect(wait.law).to.equal('backoff');
			device.waitsOut(wait);
		}
	});
});

describe('hints', () => {
	it('below the floor count as the floor', () => {
		const device = linked({}, always(0));
		device.ends('link-reset');
		expect(device.fails('http-429', { retryAfterMs: 0 }).delayMs).to.equal(
			1000,
		);
	});

	it('above the ceiling count as the ceiling', () => {
		const device = linked({ hintCeilingMs: 60_000 }, always(0));
		device.ends('link-reset');
		const { delayMs } = device.fails('http-429', { retryAfterMs: 1e9 });
		expect(delayMs).to.equal(60_000);
	});

	it('that are no number are ignored', () => {
		const device = linked();
		device.tell({ type: 'hint', hint: { reconnectWindowMs: NaN } });
		expect(device.ends('link-reset').delayMs).to.be.below(5000);
	});
});

describe('after stop()', () => {
	it('nothing is waited for', () => {
		const device = linked();
		device.ends('link-reset');
		expect(device.ends('stopped')).to.equal(undefined);
		expect(device.state.running).to.equal(undefined);
	});
});
