import { expect } from 'chai';

import { OUTCOMES, outcome } from '../../../src/outcome.js';
import {
	classifyEnd,
	classifyStatus,
	classifyUpgradeError,
	type EndFacts,
} from '../../../src/transports/native/classify.js';
import { parseHintHeaders } from '../../../src/transports/native/hint-headers.js';
import { UdpEndError } from '../../../src/transports/udp/connection/end.js';
import { moreTelling, ownGoaway } from '../../../src/tunnel/tunnel-end.js';

const error = (code: string) => Object.assign(new Error(code), { code });
const live = (facts: Partial<EndFacts>): EndFacts => ({
	end: { why: 'carrier' },
	live: true,
	stable: false,
	...facts,
});

describe('How a link ended', () => {
	const notice = outcome('goaway', 'Go.', { hint: { drainDeadlineMs: 1 } });
	const table: Array<[string, Partial<EndFacts>, keyof typeof OUTCOMES]> = [
		['we closed it', { end: { why: 'closed' }, notice }, 'stopped'],
		['silence', { end: { why: 'silent', openStreams: 0 } }, 'link-silent'],
		[
			'silence in a stream',
			{ end: { why: 'silent', openStreams: 1 } },
			'link-stalled',
		],
		[
			'a limit',
			{ end: { why: 'limit', limit: 'streamOpens' } },
			'limit-exceeded',
		],
		[
			'a limit after a notice',
			{ end: { why: 'limit', limit: 'controlFrames' }, notice },
			'limit-exceeded',
		],
		[
			'a limit before SETTINGS',
			{ end: { why: 'limit', limit: 'smallFrames' }, live: false },
			'not-cloudlink',
		],
		[
			'a message that is too large',
			{
				end: {
					why: 'carrier',
					error: error('WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'),
				},
			},
			'limit-exceeded',
		],
		[
			'a flood that the HTTP/2 library stopped',
			{ end: ownGoaway(11) },
			'limit-exceeded',
		],
		[
			'a flood of which the library told the node an internal error',
			{
				end: moreTelling(
					{ why: 'carrier' },
					Object.assign(error('ERR_HTTP2_ERROR'), { errno: -904 }),
				),
			},
			'limit-exceeded',
		],
		[
			'the same, where it said nothing else',
			{ end: ownGoaway(2) },
			'limit-exceeded',
		],
		[
			'a broken rule of HTTP/2',
			{ end: moreTelling(ownGoaway(1), error('ERR_HTTP2_ERROR')) },
			'link-failed',
		],
		[
			'a flood of UDP packets',
			{ socketError: new UdpEndError({ reason: 'flood' }) },
			'limit-exceeded',
		],
		['calm', { end: { why: 'goaway', code: 11 } }, 'enhance-your-calm'],
		['another GOAWAY', { end: { why: 'goaway', code: 1 } }, 'link-failed'],
		['1013', { close: { code: 1013, reason: '' } }, 'ws-try-again-later'],
		['1011', { close: { code: 1011, reason: '' } }, 'ws-internal-error'],
		[
			'1011, late',
			{ close: { code: 1011, reason: '' }, stable: true },
			'link-failed',
		],
		['1006', { close: { code: 1006, reason: '' } }, 'link-ended'],
		['no more ACKs', { socketError: error('ETIMEDOUT') }, 'link-silent'],
		[
			'no more ACKs before SETTINGS',
			{ socketError: error('ETIMEDOUT'), live: false },
			'upgrade-timeout',
		],
		['a reset', { socketError: error('ECONNRESET') }, 'link-reset'],
		[
			'a broken pipe',
			{ end: { why: 'carrier', error: error('EPIPE') } },
			'link-reset',
		],
		[
			'bytes that are not HTTP/2',
			{ end: { why: 'session', error: error('ERR_HTTP2_ERROR') } },
			'link-failed',
		],
		['an end after a notice', { notice }, 'goaway'],
		[
			'silence after a notice',
			{ end: { why: 'silent', openStreams: 0 }, notice },
			'goaway',
		],
		[
			'a rejection after a notice',
			{ close: { code: 1008, reason: '' }, notice },
			'ws-policy-violation',
		],
		[
			'no SETTINGS',
			{ end: { why: 'handshake' }, live: false },
			'upgrade-timeout',
		],
		['an end before SETTINGS', { live: false }, 'early-reset'],
		[
			'no HTTP/2 at all',
			{
				end: { why: 'session', error: error('ERR_HTTP2_ERROR') },
				live: false,
			},
			'not-cloudlink',
		],
		[
			'a WebSocket frame that breaks a rule, before SETTINGS',
			{
				end: { why: 'carrier', error: error('WS_ERR_UNEXPECTED_RSV_1') },
				live: false,
			},
			'not-cloudlink',
		],
		[
			'a reset before SETTINGS',
			{ end: { why: 'session', error: error('ECONNRESET') }, live: false },
			'early-reset',
		],
	];
	for (const [what, facts, code] of table) {
		it(`${what}: ${code}`, () => {
			expect(classifyEnd(live(facts)).code).to.equal(code);
		});
	}

	it('names the limit that the node went beyond', () => {
		const { message } = classifyEnd(
			live({ end: { why: 'limit', limit: 'smallFrames' } }),
		);
		expect(message).to.equal('The node went beyond a limit: smallFrames.');
	});

	it('keeps the cause, and the hint of a close frame', () => {
		const cause = error('ECONNRESET');
		expect(classifyEnd(live({ socketError: cause })).cause).to.equal(cause);
		const close = { code: 1013, reason: '{"retryAfterSeconds":2}' };
		expect(classifyEnd(live({ close })).hint).to.deep.equal({
			retryAfterMs: 2000,
		});
		expect(
			classifyEnd(live({ close: { code: 1013, reason: 'full' } })).hint,
		).to.equal(undefined);
	});
});

describe('A refused upgrade', () => {
	it('has an outcome for every status', () => {
		for (let status = 100; status < 600; status++) {
			const { code, kind } = classifyStatus(status);
			expect(OUTCOMES[code].kind).to.equal(kind);
		}
		expect(classifyStatus(0).code).to.equal('not-cloudlink');
	});

	it('is a throttle when a 503 says when to come back', () => {
		expect(classifyStatus(503, { retryAfterMs: 0 }).kind).to.equal('throttled');
		expect(classifyStatus(503, { nodeLoad: 1 }).kind).to.equal('overloaded');
	});
});

describe('An upgrade that broke', () => {
	for (const [code, expected] of [
		['ECONNRESET', 'early-reset'],
		['EPIPE', 'early-reset'],
		['ETIMEDOUT', 'upgrade-timeout'],
		['EHOSTUNREACH', 'no-route'],
		['ENETDOWN', 'no-route'],
		['ENOBUFS', 'no-resources'],
		['HPE_INVALID_CONSTANT', 'not-cloudlink'],
		['HPE_HEADER_OVERFLOW', 'not-cloudlink'],
		['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'tls-failed'],
		['', 'not-cloudlink'],
	] as const) {
		it(`by ${code || 'an error without a code'} is ${expected}`, () => {
			expect(classifyUpgradeError(error(code)).code).to.equal(expected);
		});
	}
});

describe('Hint headers', () => {
	it('are read one by one, and what does not parse is left out', () => {
		expect(
			parseHintHeaders(
				{
					'retry-after': 'Thu, 01 Jan 1970 00:01:40 GMT',
					'cloudlink-reconnect-window': '20',
					'cloudlink-node-age': '-1',
					'cloudlink-node-load': '0.75',
					'cloudlink-go-elsewhere': 'yes',
				},
				40_000,
			),
		).to.deep.equal({
			retryAfterMs: 60_000,
			reconnectWindowMs: 20_000,
			nodeLoad: 0.75,
		});
	});

	it('date a Retry-After by the answer, where it has a date', () => {
		const at = (date: string | undefined, wallMs: number) =>
			parseHintHeaders(
				{ 'retry-after': 'Thu, 01 Jan 1970 00:01:40 GMT', date },
				wallMs,
			)?.retryAfterMs;
		expect(at('Thu, 01 Jan 1970 00:01:30 GMT', 90_000_000)).to.equal(10_000);
		expect(at('Thu, 01 Jan 1970 00:01:50 GMT', 0)).to.equal(0);
		expect(at('yesterday', 40_000)).to.equal(60_000);
		expect(at(undefined, 40_000)).to.equal(60_000);
	});

	it('are no hint when nothing was said', () => {
		expect(parseHintHeaders({ server: 'x' }, 0)).to.equal(undefined);
		expect(parseHintHeaders({ 'cloudlink-node-load': '1.5' }, 0)).to.equal(
			undefined,
		);
	});
});
