import { expect } from 'chai';
import { Command } from 'commander';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { addArguments } from '../../src/cli/simulate/arguments.js';
import { POLICIES } from '../../src/simulator/index.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

function simulate(...args: string[]): Promise<Ran> {
	return new Promise((resolve) => {
		execFile(
			process.execPath,
			['--import', 'tsx', MAIN, 'simulate', ...args],
			(error, stdout, stderr) => {
				const code = error ? Number(error.code) : 0;
				resolve({ code, stdout, stderr });
			},
		);
	});
}

const SMALL = ['--devices', '500', '--accept-rate', '50'];

/** What outside checks read, by name. */
const FIELDS = [
	'policy',
	'devices',
	'lowerBoundSeconds',
	't50',
	't99',
	't100',
	't50Seconds',
	't99Seconds',
	't100Seconds',
	'attemptsPerDevice',
	'p99Attempts',
	'peakOverRate',
	'recovered',
];

describe('cloudlink-agent simulate', function () {
	this.timeout(60_000);

	let folder: string;
	before(() => {
		folder = mkdtempSync(join(tmpdir(), 'simulate-'));
	});
	after(() => {
		rmSync(folder, { recursive: true });
	});

	it('prints an array with one result for each policy, and nothing else', async () => {
		const { code, stdout, stderr } = await simulate(
			...SMALL,
			'--policy',
			'agent,full-jitter',
			'--json',
		);
		expect([code, stderr]).to.deep.equal([0, '']);
		const results = JSON.parse(stdout) as Array<Record<string, unknown>>;
		expect(results.map(({ policy }) => policy)).to.deep.equal([
			'agent',
			'full-jitter',
		]);
		for (const result of results) {
			expect(result).to.include.all.keys(FIELDS);
			expect(result).to.include({
				devices: 500,
				lowerBoundSeconds: 10,
				recovered: true,
			});
			const { t50, t100, t100Seconds } = result as Record<string, number>;
			expect(t50).to.be.lessThan(t100!);
			expect(t100Seconds! / 10).to.be.closeTo(t100!, 1e-4);
		}
	});

	it('prints the same bytes for the same command and seed, and others for another', async () => {
		const args = [...SMALL, '--policy', 'agent', '--json', '--seed'];
		const [first, again, other] = await Promise.all([
			simulate(...args, '7'),
			simulate(...args, '7'),
			simulate(...args, '8'),
		]);
		expect(first.code).to.equal(0);
		expect(again.stdout).to.equal(first.stdout);
		expect(other.stdout).to.not.equal(first.stdout);
	});

	it('gives seconds but no multiples where the node has no limit', async () => {
		const { stdout } = await simulate(
			...['--devices', '500', '--accept-rate', 'Infinity', '--outage', '600'],
			...['--policy', 'agent', '--json'],
		);
		const [result] = JSON.parse(stdout) as [Record<string, unknown>];
		expect(result).to.include({ lowerBoundSeconds: 0, t50: null, t100: null });
		expect(result.t99Seconds).to.be.within(0.1, 120);
	});

	it('gives null where a fleet did not come back', async () => {
		const { stdout } = await simulate(
			...['--devices', '2000', '--accept-rate', '1', '--policy', 'mqttjs'],
			'--json',
		);
		const [result] = JSON.parse(stdout) as [Record<string, unknown>];
		expect(result).to.include({ recovered: false, t100: null, t99: null });
		expect(result.t100Seconds).to.equal(null);
	});

	it('takes every option of its contract', async () => {
		const { code, stdout } = await simulate(
			...['--devices', '300', '--accept-rate', '30', '--reject-cost', '0.2'],
			...['--reject-debt', 'Infinity', '--hints', 'slots', '--outage', '5'],
			...['--herds', '2', '--policy', 'agent', '--seed', '3', '--json'],
		);
		expect(code).to.equal(0);
		expect(JSON.parse(stdout)).to.have.length(1);
	});

	it('tells the parts of a mixed fleet apart', async () => {
		const { stdout } = await simulate(
			...SMALL,
			...['--hints', 'window', '--hint-loss', '0.2', '--stock-share', '0.5'],
			...['--policy', 'agent', '--json'],
		);
		const [result] = JSON.parse(stdout) as [
			{ groups: Array<{ group: string; devices: number }> },
		];
		expect(
			result.groups.map(({ group, devices }) => [group, devices]),
		).to.deep.equal([
			['balena-tcp-reset', 250],
			['agent without hints', 50],
			['agent', 200],
		]);
	});

	it('names the nearest policy when it does not know one, and exits with 2', async () => {
		const { code, stdout, stderr } = await simulate('--policy', 'full-jiter');
		expect([code, stdout]).to.deep.equal([2, '']);
		expect(stderr).to.contain('did you mean `full-jitter`?');
	});

	for (const [option, value, message] of [
		['--devices', '0', 'from 1 to 10000000'],
		['--devices', '1.5', 'whole number'],
		['--devices', '', 'whole number'],
		['--accept-rate', '0', 'more than 0'],
		['--accept-rate', 'fast', 'number or Infinity'],
		['--hint-loss', '2', 'from 0 to 1'],
		['--outage', 'Infinity', 'must be a number'],
		['--herds', '0', 'at least 1'],
		['--hints', 'some', 'one of none, window, slots, constant'],
	] as const) {
		it(`refuses ${option} '${value}' and says what it must be`, () => {
			const command = new Command().exitOverride();
			command.configureOutput({ writeErr: () => undefined });
			const parse = () =>
				addArguments(command).parse([option, value], { from: 'user' });
			expect(parse).to.throw(message);
		});
	}

	it('lists every policy and scenario in its help', async () => {
		const { code, stdout } = await simulate('--help');
		expect(code).to.equal(0);
		for (const { name } of POLICIES) {
			expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'));
		}
		for (const name of ['2024-11-19', '2025-09-10', 'node-dies']) {
			expect(stdout).to.match(new RegExp(`^  ${name} `, 'm'));
		}
	});

	it('prints a table with the best marked', async () => {
		const { stdout } = await simulate(...SMALL, '--policy', 'agent,mqttjs');
		expect(stdout).to.contain('500 devices cut at once');
		expect(stdout).to.match(/^agent .*\*/m);
	});

	it('writes a page that stands alone', async () => {
		const file = join(folder, 'page.html');
		const { code } = await simulate(...SMALL, '--html', file);
		expect(code).to.equal(0);
		const page = readFileSync(file, 'utf8');
		// Two for each of three policies and for what is recommended, and the plane.
		expect(page.match(/<svg/g)).to.have.length(9);
		expect(page).to.contain('What should be set?');
		expect(page).to.contain('prefers-color-scheme: dark');
		expect(page).to.not.match(/<script|<link|src=|https?:|NaN|undefined/);
	});

	it('runs the bundled incident', async () => {
		const { code, stdout } = await simulate(
			...['--scenario', '2024-11-19', '--policy', 'agent', '--json'],
		);
		expect(code).to.equal(0);
		const results = JSON.parse(stdout) as Array<{
			hints: string;
			deploys: unknown[];
			unsettledHours: number;
		}>;
		expect(results.map(({ hints }) => hints)).to.deep.equal([
			'none',
			'slots',
			'window',
		]);
		for (const { deploys, unsettledHours } of results) {
			expect(deploys).to.have.length(5);
			expect(unsettledHours).to.be.lessThan(1.5);
		}
	});

	it('reads a scenario from a file, and names the nearest key when one is wrong', async () => {
		const file = join(folder, 'mine.json');
		const mine = {
			name: 'mine',
			title: 'a test',
			devices: 400,
			nodes: { count: 2, acceptRatePerSecond: 20 },
			deploys: [{ atHours: 0, nodesReplaced: 1 }],
			compare: [{ policy: 'agent' }],
		};
		writeFileSync(file, JSON.stringify(mine));
		const good = await simulate('--scenario', file, '--json');
		expect(good.code).to.equal(0);
		const [result] = JSON.parse(good.stdout) as [
			{ scenario: string; deploys: Array<{ cut: number }> },
		];
		expect(result.scenario).to.equal('mine');
		expect(result.deploys[0]!.cut).to.equal(200);

		const { nodes, ...rest } = mine;
		writeFileSync(file, JSON.stringify({ ...rest, node: nodes }));
		const bad = await simulate('--scenario', file);
		expect(bad.code).to.equal(2);
		expect(bad.stderr).to.contain('did you mean `nodes`?');
	});

	it('does not take back what a scenario says', async () => {
		const { code, stderr } = await simulate(
			...['--scenario', '2024-11-19', '--devices', '5'],
		);
		expect(code).to.equal(2);
		expect(stderr).to.contain('--devices does not go with --scenario');
	});
});
