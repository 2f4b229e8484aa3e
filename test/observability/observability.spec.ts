import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parse } from 'yaml';

import { AgentMetrics, CloudlinkAgent, websocket } from '../../src/index.js';
import { MockCloudlink } from '../../src/testing/index.js';
import { EXAMPLES, isInstalled, Prometheus } from './prometheus.js';

const DEVICES = 50;

interface Rule {
	readonly record?: string;
	readonly alert?: string;
	readonly expr: string;
}

const { groups } = parse(readFileSync(join(EXAMPLES, 'rules.yml'), 'utf8')) as {
	groups: Array<{ rules: Rule[] }>;
};
const rules = groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(
	readFileSync(join(EXAMPLES, 'dashboard.json'), 'utf8'),
) as { panels: Array<{ title: string; targets: Array<{ expr: string }> }> };

/** 50 agents that have a link, had another, and were refused in between; and where their metrics are read. */
async function startFleet() {
	const mock = await MockCloudlink.start({ nodes: 1 });
	const agents = Array.from(
		{ length: DEVICES },
		(_, i) =>
			new CloudlinkAgent({
				device: { uuid: `device${i}`, key: 'secret' },
				nodes: [mock.nodes[0]!.address],
				transports: [websocket({ insecure: true })],
				pacing: { preset: 'lab' },
			}),
	);
	const metrics = agents.map(
		(agent) => new AgentMetrics(agent, { version: '1.0.0' }),
	);
	const server: Server = createServer((request, response) => {
		response.end(metrics[Number(request.url!.slice(1))]?.render());
	});
	await new Promise<void>((resolve) => {
		server.listen(0, '127.0.0.1', resolve);
	});
	const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
	await Promise.all(
		agents.map(async (agent) => {
			await agent.start();
		}),
	);
	const allUp = async () =>
		await Promise.all(agents.map(async (agent) => await agent.waitUntilUp()));
	await allUp();
	return {
		mock,
		targets: agents.map((_, i) => ({
			address,
			path: `/${i}`,
			device: `device${i}`,
		})),
		allUp,
		async stop() {
			await Promise.all(
				agents.map(async (agent) => {
					await agent.stop();
				}),
			);
			metrics.forEach((each) => {
				each.close();
			});
			server.close();
			await mock.stop();
		},
	};
}

describe('examples/observability', function () {
	this.timeout(120_000);
	let fleet: Awaited<ReturnType<typeof startFleet>> | undefined;
	let prometheus: Prometheus | undefined;

	before(async function () {
		if (!isInstalled('prometheus') || !isInstalled('promtool')) {
			if (process.env['CI']) {
				throw new Error('prometheus is missing.');
			}
			console.log('prometheus is not installed: skipped.');
			this.skip();
		}
		fleet = await startFleet();
		prometheus = await Prometheus.start(fleet.targets);
		await until('count(cloudlink_build_info)', DEVICES);
		// Twice, since a rate sees nothing of the event that a series begins with.
		for (const outcomes of [99, 199]) {
			await fleet.mock.crash(0);
			await until(`sum(cloudlink_outcomes_total) > bool ${outcomes}`, 1);
			await fleet.mock.restart(0);
			await fleet.allUp();
			await until('sum(cloudlink_state{state="up"})', DEVICES);
		}
		await pause(2000);
	});

	after(async () => {
		await prometheus?.stop();
		await fleet?.stop();
	});

	async function until(query: string, value: number): Promise<void> {
		for (let tries = 0; tries < 300; tries++) {
			const [sample] = await prometheus!.query(query);
			if (Number(sample?.value[1]) === value) {
				return;
			}
			await pause(200);
		}
		throw new Error(`${query} did not become ${value}.`);
	}

	it('has rules that promtool takes, and whose own tests pass', () => {
		const promtool = (...args: string[]) =>
			execFileSync('promtool', args, { encoding: 'utf8', cwd: EXAMPLES });
		expect(promtool('check', 'rules', 'rules.yml')).to.contain('SUCCESS');
		expect(promtool('test', 'rules', 'rules.test.yml')).to.contain('SUCCESS');
	});

	it('tests every alert', () => {
		const tests = readFileSync(join(EXAMPLES, 'rules.test.yml'), 'utf8');
		for (const { alert } of rules) {
			if (alert !== undefined) {
				expect(tests).to.match(new RegExp(`alertname: ${alert}\\b`));
			}
		}
	});

	it('has a dashboard of which every query has an answer from a real fleet', async () => {
		const queries = dashboard.panels.flatMap(({ targets }) =>
			targets.map(({ expr }) =>
				expr
					.replaceAll('$job', 'cloudlink')
					.replaceAll('$__rate_interval', '1m'),
			),
		);
		expect(queries.length).to.be.above(15);
		for (const query of queries) {
			const samples = await prometheus!.query(query);
			// Of what did not happen in the last minute there is no quantile.
			const answers = samples.filter(({ value }) => value[1] !== 'NaN');
			expect(answers, query).not.to.have.length(0);
		}
	});

	it('records what it says for that fleet, and pages nobody while it is well', async () => {
		for (const { record } of rules) {
			if (record !== undefined) {
				expect(await prometheus!.query(record), record).not.to.have.length(0);
			}
		}
		await until('job:cloudlink_up:ratio', 1);
		const { data } = (await prometheus!.get('rules')) as {
			data: {
				groups: Array<{
					rules: Array<{ name: string; health: string; state?: string }>;
				}>;
			};
		};
		for (const rule of data.groups.flatMap((group) => group.rules)) {
			expect(rule.health, rule.name).to.equal('ok');
			expect(rule.state, rule.name).not.to.equal('firing');
		}
	});

	it('asks of no metric that there is not', async () => {
		const { data } = (await prometheus!.get('label/__name__/values')) as {
			data: string[];
		};
		const known = new Set(data);
		const expressions = [
			...rules.map(({ expr }) => expr),
			...dashboard.panels.flatMap(({ targets }) =>
				targets.map(({ expr }) => expr),
			),
		];
		const asked = expressions
			.flatMap((expression) => [
				...expression.matchAll(/\b(cloudlink|process)_\w+/g),
			])
			.map(([name]) => name);
		for (const name of asked) {
			const isRecorded = rules.some(({ record }) => record?.includes(name));
			// Nothing is wrong with this fleet.
			const isAbsent = name === 'cloudlink_warnings_total';
			expect(known.has(name) || isRecorded || isAbsent, name).to.equal(true);
		}
	});
});
