import { expect } from 'chai';

import { judge } from '../../../src/cli/ask/check.js';
import { describeStatus } from '../../../src/cli/ask/describe-status.js';
import { paintFor } from '../../../src/cli/log/colour.js';
import { counted, duration, times } from '../../../src/cli/log/words.js';
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

	it('tells people what the last attempts came to, when and why', () => {
		const entry = {
			at: Date.UTC(2026, 0, 2, 3, 4, 5),
			transport: 'websocket',
			node: 'a.example.com:443',
			tookMs: 400,
			lastedMs: undefined,
			ending: undefined,
		};
		const ending = {
			kind: 'throttled',
			code: 'http-429',
			message: 'It said \u001b[31mno',
		} as const;
		const history = [
			{ ...entry, result: 'failed', ending } as const,
			{ ...entry, result: 'ended', lastedMs: 60_000 } as const,
			{ ...entry, result: 'connecting', node: undefined } as const,
		];
		const status = withVerdicts({ ...upStatus(), history });
		expect(describeStatus(status).split('\n').slice(-4)).to.deep.equal([
			'The last attempts, in UTC:',
			'  2026-01-02 03:04:05  a.example.com:443 over websocket: failed after 0.4 s. throttled (http-429): It said  [31mno.',
			'  2026-01-02 03:04:05  a.example.com:443 over websocket: connected within 0.4 s, for 1 min 0 s.',
			'  2026-01-02 03:04:05  its node over websocket: dials now.',
		]);
	});

	it('has colour on a terminal, and none where NO_COLOR is set or nobody looks', () => {
		const text = (isTTY: boolean, env: Record<string, string>) =>
			describeStatus(withVerdicts(upStatus()), paintFor({ isTTY }, env));
		expect(text(true, {})).to.include('\u001b[32mup\u001b[39m\n');
		for (const none of [
			text(true, { NO_COLOR: '1' }),
			text(true, { TERM: 'dumb' }),
			text(false, {}),
		]) {
			expect(none).to.equal(describeStatus(withVerdicts(upStatus())));
		}
	});

	it('counts as people do', () => {
		const said = [0, 1, 2, 3].map(times);
		expect(said).to.deep.equal(['never', 'once', 'twice', '3 times']);
		expect(counted(1, 'stream')).to.equal('1 stream');
		expect(counted(0, 'stream')).to.equal('no streams');
		const text = describeStatus(withVerdicts(upStatus()));
		expect(text).to.match(/^attempts +tried twice, connected once$/m);
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
