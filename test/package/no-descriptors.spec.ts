import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect } from 'chai';

const run = promisify(execFile);

/** Dials each transport for the first time, so that its parts have to be loaded: without a descriptor, and then with some. */
const APP = `
const { openSync, closeSync } = require('node:fs');
const { websocket, udp, openvpn } = require('./dist/index.cjs');
const ca = '-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----';
const all = [websocket(), udp(), openvpn({ ca, binary: '/no/openvpn' }), openvpn({ attach: '/no/socket' })];
const clock = {
	monotonicMs: () => performance.now(),
	wallMs: () => Date.now(),
	setTimer: (ms, callback) => {
		const timer = setTimeout(callback, ms);
		return { cancel: () => clearTimeout(timer) };
	},
};
const codeOf = (transport) => transport.dial({
	node: { name: '127.0.0.1:9', host: '127.0.0.1', port: 9 },
	device: { uuid: 'a1b2c3', key: 'key' },
	services: [],
	deadlineMs: 2000,
	connectDeadlineMs: 500,
	livenessMs: 45000,
	signal: new AbortController().signal,
	runtime: { clock, random: Math.random },
}).then(() => 'up', ({ outcome }) => outcome.code);
const taken = [];
try {
	for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {}
void (async () => {
	const without = await Promise.all(all.map(codeOf));
	taken.forEach((fd) => closeSync(fd));
	console.log(JSON.stringify({ without, after: await Promise.all(all.map(codeOf)) }));
})();
`;

describe('A transport that is dialled for the first time without a file descriptor left', () => {
	it('says that the device is out of them, and is loaded once there are some', async () => {
		const { stdout } = await run('sh', [
			...['-c', 'ulimit -n 64; exec "$@"', 'sh'],
			...[process.execPath, '-e', APP],
		]);
		expect(JSON.parse(stdout)).to.deep.equal({
			without: Array(4).fill('no-resources'),
			after: [
				'connect-refused',
				'connect-refused',
				'openvpn-missing',
				'transport-failed',
			],
		});
	});
});
