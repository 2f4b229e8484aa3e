import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { Recording } from '../../../src/cli/rehearse/recording.js';
import type { HerdResult } from '../../../src/simulator/index.js';
import {
	MockCloudlink,
	type MockCloudlinkOptions,
} from '../../../src/testing/index.js';
import { needsOpenvpn, startServer } from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';
import { CommandProcess, type Finished } from '../cli/agent-process.js';

const DEVICES = 40;

describe('cloudlink-agent rehearse', function () {
	this.timeout(60_000);

	let folder: string;
	let mock: MockCloudlink | undefined;
	let children: ChildProcess[];

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'rehearse-'));
		children = [];
		const lines = Array.from({ length: DEVICES + 4 }, (_, i) => `d${i} right`);
		writeFileSync(join(folder, 'keys'), lines.join('\n'));
	});

	afterEach(async () => {
		for (const child of children) {
			child.kill('SIGKILL');
		}
		await mock?.stop();
		mock = undefined;
		rmSync(folder, { recursive: true });
	});

	async function startMock(options: MockCloudlinkOptions = {}) {
		mock = await MockCloudlink.start({
			tls: true,
			authenticate: (_uuid, key) => key === 'right',
			...options,
		});
		writeFileSync(join(folder, 'ca.pem'), mock.ca);
		return mock;
	}

	function start(...args: string[]): [ChildProcess, Promise<Finished>] {
		const { child, finished } = new CommandProcess(['rehearse', ...args]);
		children.push(child);
		return [child, finished];
	}

	/** Of a few agents on the mock, quickly. */
	const quick = (...args: string[]) => [
		...(args.includes('--nodes') ? [] : ['--nodes', mock!.nodes[0]!.address]),
		'--yes-this-is-staging',
		'--keys',
		join(folder, 'keys'),
		'--ca',
		join(folder, 'ca.pem'),
		'--devices',
		String(DEVICES),
		'--pacing',
		'lab',
		'--start-rate',
		'100',
		'--settle',
		'0.5',
		...args,
	];

	it('cuts real agents and tells how they came back, beside the simulator, and on a page', async () => {
		await startMock({ reconnectWindowMs: 2000 });
		const page = join(folder, 'page.html');
		const [, ended] = start(
			...quick('--accept-rate', '20', '--hints', 'window', '--html', page),
		);
		const { code, stdout, stderr } = await ended;
		expect(stderr).to.equal('');
		expect(code).to.equal(0);
		expect(stdout).to.match(
			/^40 real agents over websocket, cut by resets, at /,
		);
		expect(stdout).to.match(/^agent {2,}.*1\.00/m);
		expect(stdout).to.match(/^agent, simulated {2,}.*1\.00/m);
		expect(stdout).to.contain('Cut: 40. Attempts that made no link: none.');
		expect(readFileSync(page, 'utf8')).to.contain('agent, simulated');
		// One link of the check, and two of each device; none is left.
		expect(mock!.stats()).to.include({ connected: 0 });
		expect(mock!.stats().perDevice.d5).to.deep.equal({
			attempts: 2,
			accepted: 2,
		});
	});

	it('is the same in shares: what two processes print is merged into one', async () => {
		await startMock({ reconnectWindowMs: 1000 });
		const at = new Date(Date.now() + 8000).toISOString();
		const outputs = await Promise.all(
			[0, 1].map(async (index) => {
				const [, ended] = start(
					...quick('--at', at, '--share', `${index}/2`, '--json'),
				);
				const part = await ended;
				expect(part.stderr).to.equal('');
				expect(part.code).to.equal(0);
				const file = join(folder, `part-${index}.json`);
				writeFileSync(file, part.stdout);
				return { file, recording: recordingOf(part.stdout) };
			}),
		);
		const cuts = outputs.map(({ recording }) => recording.cutAtMs);
		for (const cutAtMs of cuts) {
			expect(cutAtMs - Date.parse(at)).to.be.within(0, 1500);
		}
		const page = join(folder, 'merged.html');
		const [, merged] = start(
			'merge',
			...outputs.map(({ file }) => file),
			'--json',
			'--html',
			page,
		);
		const { code, stdout } = await merged;
		expect(code).to.equal(0);
		const [measured, simulated] = (
			JSON.parse(stdout) as { results: HerdResult[] }
		).results;
		expect(measured).to.include({
			policy: 'agent',
			devices: DEVICES,
			recovered: true,
		});
		expect(simulated).to.include({
			policy: 'agent, simulated',
			devices: DEVICES,
		});
		expect(readFileSync(page, 'utf8')).to.contain('agent, simulated');
	});

	it('tells a wrong key once, and starts nobody', async () => {
		await startMock();
		writeFileSync(join(folder, 'keys'), 'd0 wrong\n');
		const [, ended] = start(...quick('--devices', '1'));
		const { code, stdout, stderr } = await ended;
		expect(code).to.equal(1);
		expect(stdout).to.equal('');
		expect(stderr.trim().split('\n')).to.have.length(1);
		expect(stderr).to.match(/^FAIL {2}websocket .*401/);
		expect(mock!.stats().accepted).to.equal(0);
	});

	it('lets a command cut, and counts from the first loss on', async () => {
		// A rollout: the node drains, each device makes its successor first, and nobody is without a link.
		await startMock();
		const mark = join(folder, 'called');
		const [, ended] = start(
			...quick(
				'--cut',
				`sleep 0.2; touch ${mark}; exit 4`,
				'--json',
				'--devices',
				'3',
			),
		);
		await until(() => mock!.stats().connected === 3);
		await until(() => {
			try {
				return readFileSync(mark) !== undefined;
			} catch {
				return false;
			}
		});
		await mock!.crash(0);
		await mock!.restart(0);
		// It waits for half a minute of quiet.
		const { code, stdout, stderr } = await ended;
		expect(code).to.equal(0);
		expect(stderr).to.contain('The command ended with 4.');
		const { groups } = recordingOf(stdout);
		expect(groups[0]!.backMs).to.have.length(3);
		expect(Math.min(...(groups[0]!.backMs as number[]))).to.be.within(
			0,
			15_000,
		);
	});

	it('ends everything on Ctrl-C', async () => {
		await startMock();
		const [child, ended] = start(...quick('--settle', '600'));
		await until(() => mock!.stats().connected === DEVICES);
		child.kill('SIGINT');
		const { code, stdout, stderr } = await ended;
		expect(code).to.equal(130);
		expect(stdout).to.equal('');
		expect(stderr).to.equal('Ended early: every client has been stopped.\n');
		await until(() => mock!.stats().connected === 0);
	});

	it('cuts udp, and stock openvpn clients beside agents under openvpn', async function () {
		await startMock();
		const [, udp] = start(
			...quick('--transports', 'udp', '--json', '--devices', '5'),
		);
		expect(recordingOf((await udp).stdout).groups[0]!.backMs).to.have.length(5);

		needsOpenvpn(this);
		const server = await startServer();
		try {
			writeFileSync(join(folder, 'ca.pem'), server.ca);
			const [, ended] = start(
				...quick(
					'--transports',
					'openvpn-tcp',
					'--devices',
					'4',
					'--stock',
					'4',
					'--json',
					'--nodes',
					`127.0.0.1:${server.port}`,
				),
			);
			const { code, stdout, stderr } = await ended;
			expect(stderr).to.equal('');
			expect(code).to.equal(0);
			const [agents, stock] = recordingOf(stdout).groups;
			expect(agents!.backMs.filter((atMs) => atMs !== null)).to.have.length(4);
			expect(stock!.backMs.filter((atMs) => atMs !== null)).to.have.length(4);
			// `--connect-retry 5`: five seconds exactly, and what the restart takes.
			expect(Math.min(...(stock!.backMs as number[]))).to.be.within(4900, 9000);
		} finally {
			await server.stop();
		}
	});

	const recordingOf = (stdout: string): Recording =>
		(JSON.parse(stdout) as { recording: Recording }).recording;
});
