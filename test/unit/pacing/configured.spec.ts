import { expect } from 'chai';

import { Device } from './driver.js';

const DAY_MS = 86_400_000;

/** Started, and up for days. */
function longUp(): Device {
	const device = new Device();
	device.waitsOut(device.start()).linksFor(3 * DAY_MS);
	return device;
}

const left = (elsewhere: boolean) =>
	({ type: 'left', reason: 'Moved.', elsewhere }) as const;

describe('pacing of a move of our own', () => {
	it('waits for nothing, unless a whole fleet may be on the move', () => {
		expect(longUp().tell(left(false))!.delayMs).to.equal(0);
		const waits = Array.from({ length: 50 }, (_, i) => {
			const device = longUp();
			device.nowMs += i;
			return device.tell(left(true))!;
		});
		expect(waits[0]).to.include({ law: 'spread', windowMs: 5000 });
		expect(Math.max(...waits.map(({ delayMs }) => delayMs))).to.be.at.most(
			5000,
		);
	});

	it('begins an episode: a refusal after days of a link is no congestion of days', () => {
		for (const elsewhere of [true, false]) {
			const device = longUp();
			device.waitsOut(device.tell(left(elsewhere))!);
			expect(device.fails('early-reset').delayMs).to.be.below(60_000);
			const other = longUp();
			other.waitsOut(other.tell(left(elsewhere))!);
			expect(other.fails('connect-refused').delayMs).to.be.below(10_000);
		}
	});

	it('keeps to what its node said, but not at other nodes', () => {
		const told = () => {
			const device = longUp();
			device.tell({ type: 'hint', hint: { retryAfterMs: DAY_MS / 24 } });
			return device;
		};
		expect(told().tell(left(false))!.delayMs).to.be.at.least(DAY_MS / 24);
		expect(told().tell(left(true))!.delayMs).to.be.at.most(5000);
	});
});

describe('pacing under a changed configuration', () => {
	const waiting = (code: 'http-401' | 'http-429' | 'connect-refused') => {
		const device = new Device();
		device.waitsOut(device.start());
		for (let i = 0; i < 8; i++) {
			device.waitsOut(device.fails(code, { retryAfterMs: 900_000 }));
		}
		device.fails(code, { retryAfterMs: 900_000 });
		return device;
	};
	const changed = (device: boolean, elsewhere: boolean) =>
		({ type: 'configured', device, elsewhere }) as const;

	it('ends the slow wait of a refused device that has another key, from the first step on', () => {
		const device = new Device();
		device.waitsOut(device.start());
		for (let i = 0; i < 8; i++) {
			device.waitsOut(device.fails('http-401'));
		}
		expect(device.fails('http-401').delayMs).to.be.above(60_000);
		const wait = device.tell(changed(true, false))!;
		expect(wait).to.include({ law: 'spread' });
		expect(wait.delayMs).to.be.at.most(5000);
		device.waitsOut(wait);
		expect(device.fails('http-401').delayMs).to.be.at.most(30_000);
	});

	it('keeps what the node caused or said for as long as the node is named', () => {
		expect(waiting('http-429').tell(changed(true, false))).to.equal(undefined);
		expect(
			waiting('http-401').tell(changed(true, false))!.delayMs,
		).to.be.at.least(890_000);
		expect(waiting('http-401').tell(changed(false, false))).to.equal(undefined);
	});

	it('ends whatever was for a node that is named no longer', () => {
		for (const code of ['http-401', 'http-429', 'connect-refused'] as const) {
			const wait = waiting(code).tell(changed(false, true))!;
			expect(wait.delayMs, code).to.be.at.most(5000);
		}
	});

	it('does nothing where no wait runs', () => {
		expect(longUp().tell(changed(true, true))).to.equal(undefined);
	});
});
