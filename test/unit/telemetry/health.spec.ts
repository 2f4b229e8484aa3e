import { expect } from 'chai';

import {
	LONGEST_DIAL_MS,
	LONGEST_LAG_MS,
	LONGEST_OVERDUE_MS,
	readiness,
	statusLine,
	liveness,
} from '../../../src/telemetry/health.js';
import { statusIn, upStatus, waitingStatus } from './fake-agent.js';

const calm = { unchangedMs: 0, loopLagMs: 0 };

describe('readiness', () => {
	it('holds while a link is up, and says where and how', () => {
		expect(readiness(upStatus())).to.deep.equal({
			ok: true,
			reason: 'Connected to a.example.com:443 over websocket.',
		});
	});

	it('holds while a link drains, since it still serves', () => {
		const { ok, reason } = readiness({ ...upStatus(), state: 'draining' });
		expect(ok).to.equal(true);
		expect(reason).to.include('asks to be left');
	});

	it('fails while the agent waits, and says why and for how long', () => {
		const { ok, reason } = readiness(waitingStatus(12_300));
		expect(ok).to.equal(false);
		expect(reason).to.include('"throttled"');
		expect(reason).to.include('13 s');
		expect(reason).to.include('The node has no place.');
	});

	it('fails while it dials or is stopped', () => {
		const connecting = { transport: 'udp', node: undefined } as const;
		expect(readiness(statusIn('connecting', { connecting })).reason).to.equal(
			'Connecting to a node over udp.',
		);
		expect(readiness(statusIn('stopped'))).to.deep.equal({
			ok: false,
			reason: 'The agent is stopped.',
		});
	});
});

describe('the line for systemctl status', () => {
	it('tells a wait by the clock, since it stands until something changes', () => {
		const status = waitingStatus(12_300);
		const waiting = {
			...status.waiting!,
			at: Date.UTC(2026, 10, 30, 14, 3, 21),
		};
		expect(statusLine({ ...status, waiting })).to.match(
			/^Not connected after "throttled": the next attempt is at 2026-11-30 14:03:21Z\. /,
		);
	});

	it('is the verdict where nothing is waited for', () => {
		expect(statusLine(upStatus())).to.equal(readiness(upStatus()).reason);
	});
});

describe('liveness', () => {
	const connecting = statusIn('connecting', {
		connecting: { transport: 'websocket', node: 'a:1' },
	});

	it('holds for an agent that waits for its turn, however long', () => {
		const status = waitingStatus(6 * 3600_000);
		expect(liveness({ ...calm, status, unchangedMs: 1e9 }).ok).to.equal(true);
	});

	it('holds for a link that does nothing for days', () => {
		const status = upStatus();
		expect(liveness({ ...calm, status, unchangedMs: 1e9 }).ok).to.equal(true);
	});

	it('fails where the event loop was blocked', () => {
		const status = upStatus();
		expect(
			liveness({ ...calm, status, loopLagMs: LONGEST_LAG_MS }).ok,
		).to.equal(true);
		const { ok, reason } = liveness({
			...calm,
			status,
			loopLagMs: LONGEST_LAG_MS + 1,
		});
		expect(ok).to.equal(false);
		expect(reason).to.include('event loop');
	});

	it('fails where an attempt never ends', () => {
		const at = (unchangedMs: number) =>
			liveness({ ...calm, status: connecting, unchangedMs }).ok;
		expect(at(LONGEST_DIAL_MS)).to.equal(true);
		expect(at(LONGEST_DIAL_MS + 1)).to.equal(false);
	});

	it('fails where a wait is over and no attempt comes', () => {
		const at = (unchangedMs: number) =>
			liveness({ ...calm, status: waitingStatus(0), unchangedMs }).ok;
		expect(at(LONGEST_OVERDUE_MS)).to.equal(true);
		expect(at(LONGEST_OVERDUE_MS + 1)).to.equal(false);
	});

	it('fails where the agent stopped by itself', () => {
		expect(liveness({ ...calm, status: statusIn('stopped') }).ok).to.equal(
			false,
		);
	});
});
