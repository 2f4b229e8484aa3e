import { expect } from 'chai';

import { parseHealthAddress } from '../../../src/telemetry/address.js';

describe('health address', () => {
	it('is a path, a port, or a loopback address and port', () => {
		expect(parseHealthAddress('/run/x/health.sock')).to.deep.equal({
			path: '/run/x/health.sock',
		});
		expect(parseHealthAddress('./health.sock')).to.deep.equal({
			path: './health.sock',
		});
		expect(parseHealthAddress('9090')).to.deep.equal({
			host: '127.0.0.1',
			port: 9090,
		});
		expect(parseHealthAddress('127.0.0.2:0')).to.deep.equal({
			host: '127.0.0.2',
			port: 0,
		});
		expect(parseHealthAddress('[::1]:9090')).to.deep.equal({
			host: '::1',
			port: 9090,
		});
		expect(parseHealthAddress('localhost:1')).to.deep.equal({
			host: 'localhost',
			port: 1,
		});
	});

	it('is never an address that others could reach', () => {
		for (const text of [
			'0.0.0.0:9090',
			'192.168.1.5:9090',
			'[::]:9090',
			'example.com:80',
			'65536',
			'health.sock',
			'',
		]) {
			expect(parseHealthAddress(text), text).to.equal(undefined);
		}
	});
});
