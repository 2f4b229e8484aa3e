import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';

import { expect } from 'chai';

import { LocalService } from '../../support/local-services.js';
import { connect } from '../../support/mock-device.js';
import { readAll, tunnelThrough } from '../../support/proxy-client.js';
import { until } from '../../support/until.js';

const MAIN = new URL('../../../src/cli/main.ts', import.meta.url).pathname;

describe('cloudlink-agent mock', () => {
	let child: ChildProcess;
	let printed: string;

	const run = async (...args: string[]) => {
		printed = '';
		const started = spawn(
			process.execPath,
			['--import', 'tsx', MAIN, 'mock', ...args],
			{ stdio: ['pipe', 'pipe', 'pipe'] },
		);
		child = started;
		for (const stream of [started.stdout, started.stderr]) {
			stream.on('data', (bytes) => (printed += String(bytes)));
		}
		let ended = false;
		started.on('close', () => (ended = true));
		await until(() => (ended ? true : printed.includes('Ctrl-C')));
		return started;
	};

	const find = (pattern: RegExp) => pattern.exec(printed)?.[1] ?? '';

	const end = async (signal: NodeJS.Signals) => {
		child.kill(signal);
		const [code] = (await once(child, 'close')) as [number | null];
		return code;
	};

	afterEach(() => {
		child.kill('SIGKILL');
	});

	it('prints what to dial, to trust and to ask, and all of it works', async () => {
		const service = await LocalService.start((socket) => socket.end('hello'));
		await run('--nodes', '2', '--tls', '--accept-rate', '100');
		const ca = readFileSync(find(/Authority: (.*)/), 'utf8');
		const device = await connect(find(/Node 1: (.*)/), {
			ca,
			ports: [service.port],
		});
		const proxyPort = Number(find(/curl -x http:\/\/127\.0\.0\.1:(\d+) /));
		const tunnel = await tunnelThrough(
			proxyPort,
			`a1b2.balena:${service.port}`,
		);
		expect(await readAll(tunnel)).to.equal('hello');
		device.cut();
		await service.stop();
		expect(await end('SIGTERM')).to.equal(0);
	});

	it('writes the authority where others can read it, and takes it away at the end', async () => {
		await run();
		const file = find(/Authority: (.*)/);
		// eslint-disable-next-line no-bitwise
		expect(statSync(file).mode & 0o777).to.equal(0o644);
		expect(await end('SIGINT')).to.equal(0);
		expect(existsSync(file)).to.equal(false);
	});

	it('takes commands on stdin, one after the other', async () => {
		const { stdin } = await run('--nodes', '2');
		stdin.end(
			'crash 0\nrestart 0\ndrain 1 5\nfault 1 tcp mute\nfault 9 tcp mute\nstats\nwhat\n',
		);
		await until(() => printed.includes('Commands: '));
		expect(printed).to.contain(
			[
				'Node 0 has crashed.',
				'Node 0 is up.',
				'Node 1 drains for 5 s.',
				'Node 1: tcp is mute.',
				'There is no node 9; the mock has 2, counted from 0.',
				'{"attempts":0,',
			].join('\n'),
		);
		expect(await end('SIGTERM')).to.equal(0);
	});

	it('exits with 2 on wrong usage, and says which option it was', async () => {
		const first = await run('--throttle', 'sometimes');
		expect(first.exitCode).to.equal(2);
		expect(printed).to.contain('--throttle');
		const second = await run('--nodes', '0');
		expect(second.exitCode).to.equal(2);
		expect(printed).to.contain('`nodes`');
	});
});
