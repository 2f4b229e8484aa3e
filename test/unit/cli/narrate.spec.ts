import { expect } from 'chai';

import type { Level } from '../../../src/cli/log/log.js';
import { narrate } from '../../../src/cli/log/narrate.js';
import { CloudlinkError } from '../../../src/errors.js';
import { outcome, type OutcomeCode } from '../../../src/outcome.js';
import { FakeAgent, STATS, fakeLink } from '../telemetry/fake-agent.js';

describe('narration', () => {
	let agent: FakeAgent;
	let told: Array<[Level, string, object | undefined]>;
	let stop: () => void;

	beforeEach(() => {
		agent = new FakeAgent();
		told = [];
		stop = narrate(agent, (level, message, fields) => {
			told.push([level, message, fields]);
		});
	});

	const retry = (code: OutcomeCode, message = 'It failed') => {
		agent.emit('retry', {
			outcome: outcome(code, message, { cause: new Error('a secret') }),
			law: 'congestion',
			delayMs: 12_345,
			at: 0,
			hint: undefined,
			windowMs: undefined,
			reason: 'The window is 60 s.',
		});
	};

	it('tells a link that is up, and how one ended', () => {
		agent.emit('up', fakeLink(STATS));
		agent.emit('down', {
			transport: 'websocket',
			node: 'a:1',
			outcome: outcome('link-silent', 'a:1 was silent for 60 s'),
			lastedMs: 3_723_000,
		});
		expect(
			told.map(([level, message]) => `${level}: ${message}`),
		).to.deep.equal([
			'notice: Connected to a.example.com:443 over websocket.',
			'warning: The link to a:1 over websocket ended after 3723 s (lost). a:1 was silent for 60 s.',
		]);
	});

	it('tells a wait with its reason, at a level by what is lost', () => {
		retry('http-429', 'The node has no place.');
		expect(told[0]![1]).to.equal(
			'The node has no place. The next attempt is in 12 s. The window is 60 s.',
		);
		expect(told[0]![2]).to.deep.include({ law: 'congestion', delayMs: 12_345 });
		retry('connect-refused');
		retry('http-401');
		retry('clock-wrong');
		retry('goaway');
		expect(told.map(([level]) => level)).to.deep.equal([
			'warning',
			'warning',
			'error',
			'error',
			'info',
		]);
	});

	it('tells how a link ended once, and then only when it dials again', () => {
		const ended = outcome('link-reset', 'It was reset. (ECONNRESET)');
		agent.emit('down', {
			transport: 'websocket',
			node: 'a:1',
			outcome: ended,
			lastedMs: 1000,
		});
		agent.emit('retry', {
			outcome: ended,
			law: 'window',
			delayMs: 1500,
			at: 0,
			hint: undefined,
			windowMs: undefined,
			reason: 'The window is 3 s',
		});
		expect(
			told.map(([level, message]) => `${level}: ${message}`),
		).to.deep.equal([
			'warning: The link to a:1 over websocket ended after 1.0 s (lost). It was reset. (ECONNRESET)',
			'info: The next attempt is in 1.5 s. The window is 3 s.',
		]);
	});

	it('says why the key cannot be had, which the operator of the device has to know', () => {
		retry('key-unavailable', 'The function failed; see the cause');
		expect(told[0]![1]).to.match(
			/^The device key cannot be read: a secret\. The/,
		);
	});

	it('never tells a cause, which may hold anything', () => {
		retry('http-401');
		expect(JSON.stringify(told)).not.to.include('a secret');
	});

	it('tells attempts to those who ask for debug, and warnings', () => {
		agent.emit('attempt', { count: 3, transport: 'udp', node: undefined });
		agent.emit(
			'warning',
			new CloudlinkError('ERR_CLOUDLINK_STATE_FILE', 'cannot write'),
		);
		expect(
			told.map(([level, message]) => `${level}: ${message}`),
		).to.deep.equal([
			'debug: Attempt 3: a node over udp.',
			'warning: cannot write.',
		]);
	});

	it('leaves no listener behind', () => {
		stop();
		expect(agent.listeners).to.equal(0);
	});
});
