import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { expect } from 'chai';

import { stockConfig } from '../../../src/cli/rehearse/fleet/stock-config.js';
import { StockClient } from '../../../src/cli/rehearse/fleet/stock.js';
import { CloudlinkAgent } from '../../../src/index.js';
import {
	clientKill,
	drain,
	parseStatus2,
	type OpenvpnClient,
} from '../../../src/operator/index.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import {
	NO_TUN,
	needsOpenvpn,
	startServer,
	watchLeftovers,
} from '../../support/openvpn-server.js';
import { until } from '../../support/until.js';

const AGENTS = 20;
const STOCK = 30;
const OVER_MS = 5000;
const WINDOW_S = 2;
/** Up to 1.05 windows, and a second before, since these links are young (docs/pacing.md); and what a busy machine adds. */
const LONGEST_WAIT_MS = 1000 + 1050 * WINDOW_S + 500;
/** How late what happens at a client may be seen here, on a busy machine. */
const LATE_MS = 10_000;

/** What became of one client. */
interface Fate {
	readonly downAt: number[];
	readonly upAt: number[];
	readonly ends: string[];
	readonly dialledAt: number[];
}

describe('drain of a real openvpn server with 50 real clients', function () {
	this.timeout(90_000);
	before(function () {
		needsOpenvpn(this);
	});
	watchLeftovers();

	let folder: string;
	let clients: Array<{ stop(): Promise<void> }>;
	const fates = new Map<string, Fate>();

	beforeEach(() => {
		folder = mkdtempSync(join(tmpdir(), 'drain-'));
		clients = [];
		fates.clear();
	});

	afterEach(async () => {
		await Promise.all(clients.map((client) => client.stop()));
		rmSync(folder, { recursive: true, force: true });
	});

	const fateOf = (name: string): Fate => {
		const fate = fates.get(name) ?? {
			downAt: [],
			upAt: [],
			ends: [],
			dialledAt: [],
		};
		fates.set(name, fate);
		return fate;
	};

	async function startAgent(
		name: string,
		port: number,
		ca: string,
		preset: 'default' | 'lab' = 'default',
	) {
		const fate = fateOf(name);
		const agent = new CloudlinkAgent({
			device: { uuid: name, key: 'key' },
			nodes: [`127.0.0.1:${port}`],
			transports: [openvpn({ ca, directives: NO_TUN })],
			pacing: { preset },
		});
		agent.on('attempt', () => fate.dialledAt.push(performance.now()));
		agent.on('up', () => fate.upAt.push(performance.now()));
		agent.on('down', ({ outcome }) => {
			fate.downAt.push(performance.now());
			fate.ends.push(`${outcome.code} ${JSON.stringify(outcome.hint ?? {})}`);
		});
		clients.push(agent);
		await agent.start();
	}

	async function startStock(name: string, port: number, ca: string) {
		const fate = fateOf(name);
		const credentials = join(folder, name);
		writeFileSync(credentials, `${name}\nkey\n`, { mode: 0o600 });
		const client = new StockClient(
			0,
			{
				configuration: stockConfig({
					ca,
					host: '127.0.0.1',
					port,
					credentials,
				}),
			},
			{
				attempt: () => fate.dialledAt.push(performance.now()),
				failed: (_client, code) => fate.ends.push(code),
				up: () => fate.upAt.push(performance.now()),
				down: () => fate.downAt.push(performance.now()),
			},
		);
		clients.push(client);
		await client.start();
	}

	it('cuts nobody before its moment, and stock clients come back as after a plain kill', async () => {
		const server = await startServer();
		const agents = Array.from({ length: AGENTS }, (_, i) => `agent${i}`);
		// Every other stock client is killed as open-balena-vpn does it today.
		const stock = Array.from({ length: STOCK }, (_, i) =>
			i % 2 ? `stock${i}` : `killed${i}`,
		);
		for (const name of agents) {
			await startAgent(name, server.port, server.ca);
		}
		for (const name of stock) {
			await startStock(name, server.port, server.ca);
		}
		const names = [...agents, ...stock];
		await until(() => names.every((name) => fateOf(name).upAt.length === 1));

		const { lines } = await server.command('status 2', 'block');
		const before = parseStatus2(lines.join('\n'));
		expect(before.map(({ commonName }) => commonName)).to.have.members(names);

		const startAt = performance.now();
		const cutAt = new Map<string, number>();
		const report = await drain<OpenvpnClient>(
			// As they came, so that the kinds are cut one after the other and not each in a time of its own.
			interleaved(before),
			async ({ cid, commonName }) => {
				cutAt.set(commonName!, performance.now());
				const command = commonName!.startsWith('killed')
					? `kill ${commonName}`
					: clientKill(cid, { windowSeconds: WINDOW_S });
				const reply = await server.command(command);
				return `${reply.ok ? 'SUCCESS' : 'ERROR'}: ${reply.lines.join()}`;
			},
			{ overMs: OVER_MS },
		);
		expect(report).to.deep.equal({ cut: names.length, failed: [], left: [] });
		expect(performance.now() - startAt).to.be.at.least(
			(OVER_MS * (names.length - 1)) / names.length,
		);

		await until(() => names.every((name) => fateOf(name).upAt.length >= 2));
		[...cutAt.keys()].forEach((name, i) => {
			const planned = startAt + (OVER_MS * i) / names.length;
			const { downAt } = fateOf(name);
			expect(downAt[0]! - planned, `${name} was cut too early`).to.be.at.least(
				0,
			);
			expect(downAt[0]! - cutAt.get(name)!, `${name} late`).to.be.at.most(
				LATE_MS,
			);
		});
		for (const name of names) {
			const { dialledAt, upAt, downAt } = fateOf(name);
			expect(dialledAt.length, `attempts of ${name}`).to.equal(2);
			expect(upAt.length, `links of ${name}`).to.equal(2);
			expect(downAt.length, `losses of ${name}`).to.equal(1);
		}
		for (const name of agents) {
			expect(fateOf(name).ends).to.deep.equal([
				`server-restart {"reconnectWindowMs":${WINDOW_S * 1000}}`,
			]);
			const { dialledAt, downAt } = fateOf(name);
			expect(dialledAt[1]! - downAt[0]!).to.be.at.most(LONGEST_WAIT_MS);
		}
		// What a stock client makes of it: the same as of a plain kill.
		const drained = mean(stock.filter((name) => name.startsWith('stock')));
		const killed = mean(stock.filter((name) => name.startsWith('killed')));
		expect(drained).to.be.within(killed - 700, killed + 700);
	});

	it('reports who has gone by himself, and cuts no stranger', async () => {
		const server = await startServer();
		await startAgent('leaves', server.port, server.ca, 'lab');
		await startAgent('stays', server.port, server.ca, 'lab');
		await until(() => ['leaves', 'stays'].every((n) => fateOf(n).upAt[0]));
		const { lines } = await server.command('status 2', 'block');
		const listed = parseStatus2(lines.join('\n'));
		await clients[0]!.stop();
		await until(() => server.cidOf('leaves') === undefined);
		await sleep(50);
		const { cut, failed } = await drain(
			listed,
			async ({ cid }) => {
				const reply = await server.command(clientKill(cid));
				return reply.ok ? undefined : reply.lines.join();
			},
			{ overMs: 100 },
		);
		expect(cut).to.equal(1);
		expect(failed.map(({ client }) => client.commonName)).to.deep.equal([
			'leaves',
		]);
		expect(failed[0]!.reason).to.contain('client-kill command failed');
	});

	const away = ({ downAt, upAt }: Fate) => upAt[1]! - downAt[0]!;
	const mean = (names: readonly string[]) =>
		names.reduce((sum, name) => sum + away(fateOf(name)), 0) / names.length;
});

/** Every seventh, so that no kind has a part of the time to itself. */
function interleaved<T>(all: readonly T[]): T[] {
	return all.map((_, i) => all[(i * 7) % all.length]!);
}
