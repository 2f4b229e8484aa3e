import { expect } from 'chai';

import { echoesOfConnect } from '../../../src/transports/openvpn/echoes.js';
import {
	parseEcho,
	parseState,
} from '../../../src/transports/openvpn/management-line.js';

const echoes = (...lines: string[]) => lines.map((line) => parseEcho(line)!);
const states = (...lines: string[]) => lines.map((line) => parseState(line)!);

describe('echoesOfConnect', () => {
	const told = echoes('100,cloudlink a', '200,cloudlink b', '200,cloudlink c');

	it('takes those of the latest connect', () => {
		expect(
			echoesOfConnect(
				told,
				states('199,WAIT,,,,,,', '201,CONNECTED,SUCCESS,,,,,'),
			),
		).to.deep.equal(told.slice(1));
	});

	it('takes none where the latest connect came without', () => {
		expect(
			echoesOfConnect(
				told,
				states(
					'199,WAIT,,,,,,',
					'201,CONNECTED,SUCCESS,,,,,',
					'300,RECONNECTING,connection-reset,,,,,',
					'301,AUTH,,,,,,',
					'301,CONNECTED,SUCCESS,,,,,',
				),
			),
		).to.deep.equal([]);
	});

	it('takes the last ones where openvpn does not say when it connected', () => {
		expect(echoesOfConnect(told, [])).to.deep.equal(told.slice(1));
		expect(echoesOfConnect([], [])).to.deep.equal([]);
	});
});
