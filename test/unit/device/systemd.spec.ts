import { expect } from 'chai';

import { serviceNotifier, watchdogMs } from '../../../src/device/systemd.js';

describe('the service notifier', () => {
	it('knows how often systemd wants a sign of life, and whether from this process', () => {
		const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000' };
		expect(watchdogMs(env, 7)).to.equal(60_000);
		expect(watchdogMs({ ...env, WATCHDOG_PID: '7' }, 7)).to.equal(60_000);
		expect(watchdogMs({ ...env, WATCHDOG_PID: '8' }, 7)).to.equal(undefined);
		expect(watchdogMs({ ...env, WATCHDOG_USEC: '0' }, 7)).to.equal(undefined);
		expect(watchdogMs({ ...env, WATCHDOG_USEC: 'x' }, 7)).to.equal(undefined);
		expect(watchdogMs({ WATCHDOG_USEC: '1' }, 7)).to.equal(undefined);
	});

	it('runs nothing at all without a service manager', async () => {
		let problem: Error | undefined;
		const notifier = serviceNotifier({
			env: {},
			program: '/nonexistent',
			onProblem: (error) => {
				problem = error;
			},
		});
		notifier.ready('x');
		notifier.watchdog();
		notifier.stopping();
		await notifier.flush();
		expect(problem).to.equal(undefined);
	});

	it('takes a failure that is thrown at once as any other', async () => {
		const problems: Error[] = [];
		const notifier = serviceNotifier({
			env: { NOTIFY_SOCKET: '/run/x' },
			program: '/etc/passwd/systemd-notify',
			onProblem: (error) => problems.push(error),
		});
		notifier.watchdog();
		await notifier.flush();
		expect(problems).to.have.length(1);
	});

	it('tells once when the program is missing, and goes on', async () => {
		const problems: Error[] = [];
		const notifier = serviceNotifier({
			env: { NOTIFY_SOCKET: '/run/x' },
			program: '/nonexistent/systemd-notify',
			onProblem: (error) => problems.push(error),
		});
		notifier.ready('x');
		notifier.watchdog();
		notifier.stopping();
		await notifier.flush();
		expect(problems).to.have.length(1);
		expect(problems[0]).to.have.property('code', 'ENOENT');
	});
});
