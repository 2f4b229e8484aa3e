import { expect } from 'chai';

import { childEnvironment } from '../../src/environment.js';

describe('the environment of a child', () => {
	it('has nothing of what systemd says to the service alone', () => {
		const env = {
			PATH: '/bin',
			NOTIFY_SOCKET: '/run/systemd/notify',
			WATCHDOG_USEC: '60000000',
			WATCHDOG_PID: '1',
			LISTEN_FDS: '1',
		};
		expect(childEnvironment(env)).to.deep.equal({ PATH: '/bin' });
	});
});
