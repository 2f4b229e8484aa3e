import { expect } from 'chai';

import { LONGEST_HINT_MS } from '../../../src/hint.js';
import {
	parseAuthFailure,
	parseEchoHint,
	parseRestart,
} from '../../../src/transports/openvpn/hints.js';

describe('parseEchoHint', () => {
	it('reads a reconnect window', () => {
		expect(parseEchoHint('cloudlink reconnect-window=120').hint).to.deep.equal({
			reconnectWindowMs: 120_000,
		});
		expect(
			parseEchoHint('cloudlink v=2 reconnect-window=1.5').hint,
		).to.deep.equal({ reconnectWindowMs: 1500 });
	});

	it('bounds it to a day', () => {
		expect(
			parseEchoHint('cloudlink reconnect-window=999999999').hint,
		).to.deep.equal({ reconnectWindowMs: LONGEST_HINT_MS });
	});

	for (const text of [
		'cloudlink reconnect-window=',
		'cloudlink reconnect-window=-1',
		'cloudlink reconnect-window=1e9',
		'cloudlink reconnect-window=soon',
		'cloudlink reconnect-window=0x10',
		'cloudlink reconnect-window 120',
		'cloudlink Reconnect-Window=120',
		'cloudlink __proto__=1',
		'cloudlink ',
	]) {
		it(`ignores "${text}", with a word`, () => {
			const { hint, ignored } = parseEchoHint(text);
			expect(hint).to.equal(undefined);
			expect(ignored).to.be.a('string');
		});
	}

	it('leaves echoes of others alone', () => {
		for (const text of ['msg hello', 'reconnect-window=120', 'cloudlinks a']) {
			expect(parseEchoHint(text)).to.deep.equal({});
		}
	});
});

describe('parseAuthFailure', () => {
	const retryAfter = (seconds: number) => ({ retryAfterMs: seconds * 1000 });

	for (const [reason, hint] of [
		['retry-after=42', retryAfter(42)],
		['slot=7', retryAfter(7)],
		['too many, retry-after=42; slot=7', retryAfter(42)],
		['TEMP[backoff 42,advance no]:busy', retryAfter(42)],
		['TEMP[backoff 42]', retryAfter(42)],
		['TEMP[backoff 42]:retry-after=50', retryAfter(50)],
		['TEMP:slot=3', retryAfter(3)],
		[
			'TEMP[backoff 5,advance remote]',
			{ retryAfterMs: 5000, goElsewhere: true },
		],
		['TEMP[advance remote]:', { goElsewhere: true }],
	] as const) {
		it(`takes "${reason}" as a request for patience`, () => {
			const parsed = parseAuthFailure(reason);
			expect(parsed.temporary).to.equal(true);
			expect(parsed.hint).to.deep.equal(hint);
		});
	}

	it('takes TEMP without a number as a request for patience too', () => {
		for (const reason of ['TEMP', 'TEMP:later', 'TEMP[advance addr]:x']) {
			const parsed = parseAuthFailure(reason);
			expect(parsed.temporary, reason).to.equal(true);
			expect(parsed.hint, reason).to.equal(undefined);
		}
	});

	it('ignores a bad number, with a word', () => {
		for (const reason of [
			'retry-after=soon',
			'slot=-3',
			'retry-after=1e6',
			'TEMP[backoff many]',
		]) {
			const parsed = parseAuthFailure(reason);
			expect(parsed.hint, reason).to.equal(undefined);
			expect(parsed.ignored, reason).to.be.a('string');
		}
	});

	it('takes everything else as a plain no', () => {
		for (const reason of [
			'',
			'your key is wrong',
			'TEMPORARY',
			'my-retry-after=3',
			'wait 42 s',
		]) {
			expect(parseAuthFailure(reason).temporary, reason).to.equal(false);
		}
	});
});

describe('parseRestart', () => {
	it('reads the window after flags of openvpn itself', () => {
		for (const message of ['window=120', '[P]window=120', '[]window=120']) {
			expect(parseRestart(message).hint, message).to.deep.equal({
				reconnectWindowMs: 120_000,
			});
		}
	});

	it('reads [N] as: elsewhere', () => {
		expect(parseRestart('[N]').hint).to.deep.equal({ goElsewhere: true });
		expect(parseRestart('[PN]window=3').hint).to.deep.equal({
			goElsewhere: true,
			reconnectWindowMs: 3000,
		});
	});

	it('finds nothing in other words', () => {
		for (const message of ['', 'maintenance', '[p]', 'window=long']) {
			expect(parseRestart(message).hint, message).to.equal(undefined);
		}
		expect(parseRestart('window=long').ignored).to.equal('window=long');
	});
});
