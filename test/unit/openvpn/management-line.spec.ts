import { expect } from 'chai';

import { randomBelow } from '../../../src/runtime/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import {
	isNotice,
	parseEcho,
	parseNotice,
	parseState,
} from '../../../src/transports/openvpn/management-line.js';
import { transcripts } from '../../support/openvpn-transcripts.js';

describe('parseNotice', () => {
	const cases: Array<[string, object]> = [
		[
			">INFO:OpenVPN Management Interface Version 3 -- type 'help' for more info",
			{ type: 'greeting', version: 3 },
		],
		['>HOLD:Waiting for hold release:42', { type: 'hold' }],
		[
			">PASSWORD:Need 'Auth' username/password",
			{ type: 'password-needed', realm: 'Auth' },
		],
		[
			">PASSWORD:Need 'Private Key' password",
			{ type: 'password-needed', realm: 'Private Key' },
		],
		[
			">PASSWORD:Verification Failed: 'Auth'",
			{ type: 'password-refused', realm: 'Auth', reason: undefined },
		],
		[
			`>PASSWORD:Verification Failed: 'Auth' ['a ['b'], "c" {"d":1}']`,
			{
				type: 'password-refused',
				realm: 'Auth',
				reason: `a ['b'], "c" {"d":1}`,
			},
		],
		[
			'>STATE:1795545835,CONNECTED,SUCCESS,10.50.0.3,127.0.0.1,28354,127.0.0.1,33842',
			{
				type: 'state',
				at: 1795545835,
				name: 'CONNECTED',
				detail: 'SUCCESS',
				remoteHost: '127.0.0.1',
				remotePort: '28354',
				localHost: '127.0.0.1',
				localPort: '33842',
			},
		],
		[
			'>STATE:1795545835,RECONNECTING,auth-temp-failure (server temporary reject),,,,,',
			{
				type: 'state',
				at: 1795545835,
				name: 'RECONNECTING',
				detail: 'auth-temp-failure (server temporary reject)',
				remoteHost: '',
				remotePort: '',
				localHost: '',
				localPort: '',
			},
		],
		[
			'>STATE:1795545835,WAIT',
			{
				type: 'state',
				at: 1795545835,
				name: 'WAIT',
				detail: '',
				remoteHost: '',
				remotePort: '',
				localHost: '',
				localPort: '',
			},
		],
		[
			'>LOG:1795545835,,PUSH: a,b,c',
			{ type: 'log', flags: '', text: 'PUSH: a,b,c' },
		],
		[
			'>ECHO:1795545835,cloudlink a=1,b',
			{ type: 'echo', at: 1795545835, text: 'cloudlink a=1,b' },
		],
		['>BYTECOUNT:12,345', { type: 'bytecount', bytesIn: 12, bytesOut: 345 }],
		[
			'>NOTIFY:info,server-pushed-connection-reset,window=1,2',
			{
				type: 'notify',
				name: 'server-pushed-connection-reset',
				message: 'window=1,2',
			},
		],
		['>FATAL:ERROR: a, b', { type: 'fatal', text: 'ERROR: a, b' }],
		['>INFOMSG:hello', { type: 'other', text: '>INFOMSG:hello' }],
	];
	for (const [line, notice] of cases) {
		it(`reads ${line.slice(0, 70)}`, () => {
			expect(isNotice(line)).to.equal(true);
			expect(parseNotice(line)).to.deep.equal(notice);
		});
	}

	for (const line of [
		'>',
		'>HOLD',
		'>:',
		'>STATE:',
		'>STATE:x,WAIT,,',
		'>STATE:1,wait,,',
		'>ECHO:',
		'>ECHO:x,y',
		'>LOG:x,,y',
		'>BYTECOUNT:1',
		'>BYTECOUNT:1,-2',
		'>BYTECOUNT:1e3,2',
		'>NOTIFY:info',
		'>PASSWORD:Need Auth',
		'>PASSWORD:Verification Failed: Auth',
		'>INFO:OpenVPN Management Interface Version x --',
		'>toString:x',
		'>__proto__:x',
	]) {
		it(`takes ${line} for nothing that it knows`, () => {
			expect(parseNotice(line)).to.deep.equal({ type: 'other', text: line });
		});
	}

	it('tells answers from notices', () => {
		expect(isNotice('SUCCESS: hold release succeeded')).to.equal(false);
		expect(isNotice('')).to.equal(false);
	});

	it('survives garbage: every mutation of a real line is read as some notice', () => {
		const seed = process.env.SEED ?? '1';
		const random = seededRandom(seed);
		const real = [...transcripts('2.5.6'), ...transcripts('2.6.14')]
			.flatMap(({ said }) => said)
			.filter(isNotice);
		for (let i = 0; i < 20_000; i++) {
			const line = real[randomBelow(random, real.length)]!;
			const at = randomBelow(random, line.length);
			const garbage = String.fromCharCode(
				...Array.from({ length: randomBelow(random, 4) }, () =>
					randomBelow(random, 300),
				),
			);
			const mutated =
				line.slice(0, at) +
				garbage +
				line.slice(at + randomBelow(random, line.length));
			const notice = parseNotice(`>${mutated.slice(1)}`);
			expect(notice.type, `replay with SEED=${seed}`).to.be.a('string');
		}
	});
});

describe('parseState and parseEcho', () => {
	it('read the lines of a block too, and nothing else', () => {
		expect(
			parseState('1795545835,CONNECTED,SUCCESS,10.0.0.1,::1,443,,,'),
		).to.include({ name: 'CONNECTED', remoteHost: '::1', remotePort: '443' });
		expect(parseState('END')).to.equal(undefined);
		expect(parseEcho('1795545835,x')).to.include({ at: 1795545835, text: 'x' });
		expect(parseEcho('END')).to.equal(undefined);
	});
});
