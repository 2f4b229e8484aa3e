import { expect } from 'chai';

import { judge } from '../../../src/cli/ask/check.js';
import { describeStatus } from '../../../src/cli/ask/status.js';
import { duration } from '../../../src/cli/log/words.js';
import { readiness } from '../../../src/telemetry/health.js';
import { upStatus, waitingStatus } from '../telemetry/fake-agent.js';

const SOUND = { ok: true, reason: 'The agent works.' };
const withVerdicts = (status: ReturnType<typeof upStatus>, health = SOUND) => ({
	...status,
	ready: readiness(status),
	health,
});

describe('status', () => {
	it('tells people of a link: node, transport, round trip, age, traffic', () => {
		const text = describeStatus(withVerdicts(upStatus()));
		expect(text).to.match(/^state +up$/m);
		expect(text).to.match(/^node +a\.example\.com:443$/m);
		expect(text).to.match(/^transport +websocket$/m);
		expect(text).to.match(/^round trip +12\.5 ms$/m);
		expect(text).to.match(/^up for +1 min 1 s$/m);
		expect(text).to.match(
			/^traffic +1\.0 kB in, 2\.0 kB out, 3 open streams$/m,
		);
		expect(text).not.to.match(/^waits/m);
	});

	it('tells people why the agent waits and until when', () => {
		const text = describeStatus(withVerdicts(waitingStatus(75_000)));
		expect(text).to.match(/^waits +1 min 15 s more \(congestion\)$/m);
		expect(text).to.match(/^until +2026-01-01T00:00:00\.000Z$/m);
		expect(text).to.match(/^why +The node has no place\.$/m);
		expect(text).to.match(/^last outcome +throttled \(http-429\)/m);
		expect(text).not.to.match(/^round trip/m);
	});

	it('writes durations as people say them', () => {
		expect(duration(400)).to.equal('0.4 s');
		expect(duration(12_300)).to.equal('12 s');
		expect(duration(3_600_000)).to.equal('1 h 0 min');
		expect(duration(4 * 86_400_000 + 3 * 3_600_000 + 5000)).to.equal('4 d 3 h');
	});
});

describe('check', () => {
	it('passes with a link', () => {
		expect(judge(withVerdicts(upStatus()), false).code).to.equal(0);
	});

	it('says 3 for an agent that waits, which passes where only the process matters', () => {
		const waiting = withVerdicts(waitingStatus(1000));
		expect(judge(waiting, false).code).to.equal(3);
		expect(judge(waiting, true).code).to.equal(0);
	});

	it('fails for an agent that is stuck, link or not', () => {
		const stuck = { ok: false, reason: 'The event loop was blocked for 12 s.' };
		for (const live of [true, false]) {
			expect(judge(withVerdicts(upStatus(), stuck), live)).to.deep.equal({
				code: 1,
				line: stuck.reason,
			});
		}
	});
});
