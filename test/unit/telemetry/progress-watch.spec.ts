import { expect } from 'chai';

import { LONGEST_DIAL_MS } from '../../../src/telemetry/health.js';
import { VirtualClock } from '../../../src/testing/index.js';
import type { Verdict } from '../../../src/telemetry/health.js';
import { ProgressWatch } from '../../../src/telemetry/progress-watch.js';
import { FakeAgent, statusIn, upStatus, waitingStatus } from './fake-agent.js';

describe('progress watch', () => {
	let clock: VirtualClock;
	let agent: FakeAgent;
	let verdicts: Verdict[];
	let watch: ProgressWatch;

	beforeEach(() => {
		clock = new VirtualClock();
		agent = new FakeAgent();
		agent.become(upStatus());
		verdicts = [];
		watch = new ProgressWatch(agent, {
			clock,
			intervalMs: 1000,
			onLook: (verdict) => {
				verdicts.push(verdict);
			},
		});
	});

	afterEach(() => {
		watch.close();
		expect(clock.pending).to.equal(0);
	});

	it('looks at each interval', () => {
		clock.advance(3500);
		expect(verdicts.map(({ ok }) => ok)).to.deep.equal([true, true, true]);
	});

	it('sees an attempt that never ends, and that it ended after all', () => {
		agent.become(
			statusIn('connecting', {
				connecting: { transport: 'websocket', node: 'a:1' },
			}),
		);
		clock.advance(LONGEST_DIAL_MS + 1000);
		expect(verdicts.at(-1)!.ok).to.equal(true);
		clock.advance(2000);
		expect(verdicts.at(-1)!.ok).to.equal(false);
		expect(watch.verdict.ok).to.equal(false);
		agent.become(upStatus());
		clock.advance(1000);
		expect(watch.verdict.ok).to.equal(true);
	});

	it('takes a wait that runs down as progress', () => {
		for (let leftMs = 300_000; leftMs >= 0; leftMs -= 1000) {
			agent.current = waitingStatus(leftMs);
			clock.advance(1000);
		}
		expect(verdicts.every(({ ok }) => ok)).to.equal(true);
		clock.advance(62_000);
		expect(verdicts.at(-1)!.ok).to.equal(false);
	});

	it('tells a blocked event loop by the lateness of its own timer', () => {
		const late = new LateClock(clock, 15_000);
		const second: Verdict[] = [];
		const other = new ProgressWatch(agent, {
			clock: late,
			intervalMs: 1000,
			onLook: (verdict) => second.push(verdict),
		});
		clock.advance(16_000);
		expect(second[0]?.ok).to.equal(false);
		expect(second[0]?.reason).to.include('15 s');
		expect(other.verdict.ok).to.equal(false);
		late.lateMs = 0;
		clock.advance(17_000);
		expect(other.verdict.ok).to.equal(true);
		other.close();
	});
});

/** A clock whose timers come late, as those of a blocked event loop do. */
class LateClock {
	constructor(
		private readonly clock: VirtualClock,
		public lateMs: number,
	) {}

	monotonicMs() {
		return this.clock.monotonicMs();
	}

	wallMs() {
		return this.clock.wallMs();
	}

	setTimer(delayMs: number, callback: () => void) {
		return this.clock.setTimer(delayMs + this.lateMs, callback);
	}
}
