import { expect } from 'chai';

import type { AgentStatus } from '../../../src/agent/status.js';
import { judgeAgent } from '../../../src/cli/doctor/agent.js';
import { findings, type Finding } from '../../../src/cli/doctor/finding.js';
import { readableRoute } from '../../../src/cli/doctor/host.js';
import {
	reconcile,
	reconcileAgent,
} from '../../../src/cli/doctor/reconcile.js';
import { judge } from '../../../src/cli/doctor/verdict.js';
import { outcome, type OutcomeCode } from '../../../src/outcome.js';
import { statusIn, upStatus } from '../telemetry/fake-agent.js';

const replyOf = (status: AgentStatus) => ({
	...status,
	ready: { ok: status.link !== undefined, reason: 'As it is.' },
	health: { ok: true, reason: 'The agent works.' },
});

const afterFailure = (code: OutcomeCode, node = 'a.example.com:8443') => {
	const ending = outcome(code, 'It failed');
	return replyOf(
		statusIn('waiting', {
			lastOutcome: ending,
			history: [
				{
					at: Date.now() - 1000,
					transport: 'websocket',
					node,
					tookMs: 100,
					lastedMs: undefined,
					result: 'failed',
					ending,
				},
			],
		}),
	);
};

const websocket = findings('websocket');

describe('doctor beside a running agent', () => {
	it('advises by what exactly the agent met, and by the port that it dialled', () => {
		const advice = (code: OutcomeCode) => judgeAgent(afterFailure(code)).advice;
		expect(advice('tls-unknown-ca')).to.include('--ca');
		expect(advice('connect-refused')).to.include('Nothing listens there');
		expect(advice('connect-timeout')).to.include('let 8443/TCP out');
	});

	it('does not take a wrong certificate for a question of the key, whatever another carrier was told', () => {
		const found: Finding = {
			...websocket.failure('Not trusted.', 'Give it with --ca.'),
			kind: 'misconfigured',
		};
		expect(reconcile(found, afterFailure('http-401'))).to.equal(found);
	});

	it('is not worried by a limiter that has no place for one more than the link that is there', () => {
		const met: Finding = {
			...websocket.warning('It was reset.', 'It comes back by itself.'),
			kind: 'overloaded',
		};
		const seen = reconcile(met, replyOf(upStatus()));
		expect(seen.grade).to.equal('note');
		expect(seen.advice).to.include('has its link');
		const agent = judgeAgent(replyOf(upStatus()));
		expect(judge([seen, agent])).to.include({ grade: 'ok' });
	});

	it('says first that the device is connected, where something else may be better', () => {
		const agent = judgeAgent(replyOf(upStatus()));
		const other = findings('environment').warning('A typo.', 'Rename it.');
		expect(judge([other, agent]).seen).to.equal(
			'The device is connected. environment: A typo.',
		);
	});

	it('lets what the agent waits for go before what one attempt has met', () => {
		const agent = judgeAgent(afterFailure('http-503'));
		const { seen } = judge([websocket.warning('Reset.', 'Wait.'), agent]);
		expect(seen).to.match(/agent: Not connected, since overloaded/);
	});

	it('no longer holds a refused key against a device that the node accepts by now', () => {
		const status = afterFailure('http-401');
		const agent = judgeAgent(status);
		expect(agent.grade).to.equal('failure');
		const accepted = { ...websocket.ok('Accepted.'), accepted: true as const };
		const after = reconcileAgent(agent, [accepted], status);
		expect(after.grade).to.equal('warning');
		expect(after.advice).to.include('cloudlink-agent reconnect');
		expect(reconcileAgent(agent, [websocket.ok('x')], status)).to.equal(agent);
	});

	it('names gateways as people do', () => {
		expect(readableRoute('eth0 via FE80000000000000000000000000ABCD')).to.equal(
			'eth0 via fe80::abcd',
		);
		expect(readableRoute('ppp0 via 00000000')).to.equal('ppp0');
		expect(readableRoute('eth0 via 01010101')).to.equal('eth0 via 1.1.1.1');
	});
});
