import { expect } from 'chai';

import { childEnvironment } from '../../src/environment.js';

describe('childEnvironment', () => {
	it('lets through what a program needs, and nothing else', () => {
		const kept = {
			PATH: '/bin',
			HOME: '/root',
			LANG: 'C',
			LC_ALL: 'C',
			TMPDIR: '/tmp',
			LD_LIBRARY_PATH: '/lib',
			OPENSSL_CONF: '/etc/ssl',
		};
		expect(
			childEnvironment({
				...kept,
				CLOUDLINK_KEY: 'k',
				HTTPS_PROXY: 'http://u:p@proxy',
				https_proxy: 'http://u:p@proxy',
				BALENA_API_KEY: 'k',
				BALENA_SUPERVISOR_API_KEY: 'k',
				NOTIFY_SOCKET: '/run/systemd/notify',
				WATCHDOG_USEC: '1',
				WATCHDOG_PID: '1',
				NODE_OPTIONS: '--inspect',
				XPATH: 'x',
				LC_all: 'x',
			}),
		).to.deep.equal(kept);
	});
});
