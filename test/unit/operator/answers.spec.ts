import { expect } from 'chai';

import {
	clientDeny,
	clientKill,
	echo,
	httpAnswer,
	reasonFileLine,
	upgradeAnswer,
	windowSeconds,
	type Admission,
} from '../../../src/operator/index.js';
import {
	parseAuthFailure,
	parseEchoHint,
	parseRestart,
} from '../../../src/transports/openvpn/hints.js';
import { parseRetryAfter } from '../../../src/hint.js';

const admitted: Admission = { admitted: true };
const wait = (retryAfterSeconds: number): Admission => ({
	admitted: false,
	retryAfterSeconds,
	hasPlace: true,
});

describe('the answers to a login', () => {
	it('are none where it is admitted', () => {
		expect(httpAnswer(admitted)).to.equal(undefined);
		expect(upgradeAnswer(admitted)).to.equal(undefined);
		expect(reasonFileLine(admitted)).to.equal(undefined);
		expect(clientDeny(admitted, { cid: 1, kid: 2 })).to.equal(undefined);
	});

	it('say whole seconds, rounded up, one at least', () => {
		for (const [seconds, text] of [
			[0, '1'],
			[0.2, '1'],
			[7, '7'],
			[7.001, '8'],
		] as const) {
			expect(httpAnswer(wait(seconds))?.headers['Retry-After']).to.equal(text);
		}
	});

	it('are understood by the device', () => {
		const header = httpAnswer(wait(7.5))!.headers['Retry-After'];
		expect(parseRetryAfter(header, 0)).to.equal(8000);
		expect(parseAuthFailure(reasonFileLine(wait(7.5))!)).to.deep.include({
			temporary: true,
			hint: { retryAfterMs: 8000 },
		});
	});

	it('are a whole HTTP answer where an upgrade is refused', () => {
		expect(upgradeAnswer(wait(42))).to.equal(
			'HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 42\r\n\r\n',
		);
	});

	it('are a command of the management interface, with numbers that are numbers', () => {
		expect(clientDeny(wait(42), { cid: 7, kid: '1' })).to.equal(
			'client-deny 7 1 "busy" "TEMP[backoff 42,advance no]:busy"',
		);
		for (const cid of ['7\nkill *', '', '-1', '1.5', NaN]) {
			expect(() => clientDeny(wait(1), { cid, kid: 1 })).to.throw(
				'A client id of openvpn is a whole number',
			);
			expect(() => clientKill(cid)).to.throw('whole number');
		}
	});
});

describe('the windows that devices are told', () => {
	it('are the devices over the rate, and something more, from a second to a day', () => {
		expect(windowSeconds(20_000, 100)).to.equal(220);
		expect(windowSeconds(20_000, 100, 0)).to.equal(200);
		expect(windowSeconds(0, 100)).to.equal(1);
		expect(windowSeconds(1e9, 1)).to.equal(86_400);
		expect(windowSeconds(5, Infinity)).to.equal(1);
		expect(() => windowSeconds(5, 0)).to.throw('`perSecond`');
		expect(() => windowSeconds(NaN, 1)).to.throw('`devices`');
		expect(() => windowSeconds(5, 1, -1)).to.throw('`margin`');
	});

	it('are an echo that the device understands', () => {
		const line = echo(199.2);
		expect(line).to.equal('push "echo cloudlink reconnect-window=200"');
		const text = /^push "echo (.*)"$/.exec(line)![1]!;
		expect(parseEchoHint(text).hint).to.deep.equal({
			reconnectWindowMs: 200_000,
		});
		expect(() => echo(Infinity)).not.to.throw();
		expect(() => echo(-1)).to.throw('`window`');
	});

	it('are a RESTART that the device understands, with the flags of openvpn before them', () => {
		const cases = [
			[{}, '"RESTART,[P]"', {}],
			[{ keepPassword: false }, '"RESTART"', undefined],
			[
				{ windowSeconds: 120 },
				'"RESTART,[P]window=120"',
				{ reconnectWindowMs: 120_000 },
			],
			[
				{ windowSeconds: 120, goElsewhere: true },
				'"RESTART,[PN]window=120"',
				{ reconnectWindowMs: 120_000, goElsewhere: true },
			],
			[
				{ windowSeconds: 0.5, keepPassword: false, goElsewhere: true },
				'"RESTART,[N]window=1"',
				{ reconnectWindowMs: 1000, goElsewhere: true },
			],
		] as const;
		for (const [options, parameter, hint] of cases) {
			expect(clientKill(3, options)).to.equal(`client-kill 3 ${parameter}`);
			const message = parameter.slice('"RESTART,'.length, -1);
			if (hint && Object.keys(hint).length > 0) {
				expect(parseRestart(message).hint).to.deep.equal(hint);
			}
		}
	});
});
