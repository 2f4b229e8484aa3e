import { setTimeout as sleep } from 'node:timers/promises';

import type { Carrier } from './device.js';
import { CLOUD, DEVICE, iptables, ROUTER } from './lab.js';
import type { Bench } from './bench.js';

export interface Row {
	readonly event: string;
	readonly carriers: readonly Carrier[];
	/** What the number is. */
	readonly unit: string;
	/** At most this. */
	readonly target: number;
	measure(bench: Bench): Promise<number>;
}

const NATIVE: readonly Carrier[] = ['websocket', 'udp'];
const S = 'seconds';

/** How many links were lost. */
const LOST = 'links lost';

async function lostIn(bench: Bench, ms: number): Promise<number> {
	await sleep(ms);
	await bench.hear();
	await bench.untilServed(15_000);
	return bench.told.filter(({ event }) => event === 'down').length;
}

export const ROWS: readonly Row[] = [
	{
		event: 'no default route, but one to the node: from the start to the link',
		carriers: NATIVE,
		unit: S,
		target: 10,
		measure: async (bench) => {
			const { device } = bench.lab;
			device.run('ip', 'route', 'del', 'default');
			device.run('ip', 'route', 'add', `${CLOUD}/32`, 'via', ROUTER.eth0);
			await bench.startAgent();
			return await bench.until('up', 60_000);
		},
	},
	{
		event: 'nothing at all, then DHCP: from the address to the link',
		carriers: NATIVE,
		unit: S,
		target: 6,
		measure: async (bench) => {
			const { device } = bench.lab;
			device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			await bench.startAgent();
			await sleep(40_000);
			bench.lab.address('eth0');
			return await bench.until('up', 60_000);
		},
	},
	{
		event: 'another address under a live link: until it serves again',
		carriers: NATIVE,
		unit: S,
		target: 10,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			bench.lab.address('eth0', { host: 77 });
			return await bench.untilServed(90_000);
		},
	},
	{
		event:
			'eth0 loses its cable and its address, lte0 is there: until it serves again',
		carriers: NATIVE,
		unit: S,
		target: 10,
		measure: async (bench) => {
			bench.lab.plug('lte0');
			bench.lab.address('lte0');
			await bench.startLink();
			bench.lab.cableOut('eth0');
			bench.lab.device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			return await bench.untilServed(90_000);
		},
	},
	{
		event: 'back to eth0, lte0 stays: until it serves for good',
		carriers: NATIVE,
		unit: S,
		target: 10,
		measure: async (bench) => {
			bench.lab.plug('lte0');
			bench.lab.address('lte0');
			bench.lab.device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			await bench.startLink();
			bench.lab.address('eth0');
			return await bench.untilServed(90_000);
		},
	},
	{
		event:
			'back to eth0, and the link still works over lte0: made anew beside it after',
		carriers: ['websocket'],
		unit: S,
		target: 10,
		measure: async (bench) => {
			const { device } = bench.lab;
			bench.lab.plug('lte0');
			bench.lab.address('lte0');
			device.run('ip', 'addr', 'flush', 'dev', 'eth0');
			device.run(
				'ip',
				'route',
				'add',
				'default',
				'via',
				ROUTER.lte0,
				'table',
				'7',
			);
			device.run('ip', 'rule', 'add', 'from', DEVICE.lte0, 'table', '7');
			await bench.startLink();
			bench.lab.address('eth0');
			const tookS = await bench.until('up', 60_000);
			if (
				bench.told.filter(({ detail }) => detail === 'link-silent').length > 0
			) {
				throw new Error('the old link was cut');
			}
			return tookS;
		},
	},
	{
		event: 'a dead uplink is demoted by its metric: until it serves again',
		carriers: NATIVE,
		unit: S,
		target: 10,
		measure: async (bench) => {
			const { device, router } = bench.lab;
			bench.lab.plug('lte0');
			bench.lab.address('lte0');
			await bench.startLink();
			iptables(router, '-I FORWARD -i reth0 -j DROP');
			bench.lab.route('eth0', 20_100);
			device.run('ip', 'route', 'del', 'default', 'metric', '100');
			return await bench.untilServed(90_000);
		},
	},
	{
		event: 'the cable is out for 5 s',
		carriers: NATIVE,
		unit: LOST,
		target: 0,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.cableOut('eth0');
			await sleep(5000);
			bench.lab.cableOut('eth0', false);
			bench.lab.device.run(
				'ip',
				'route',
				'replace',
				'default',
				'via',
				ROUTER.eth0,
			);
			return await lostIn(bench, 20_000);
		},
	},
	{
		event: 'a silent cut: until it is noticed',
		carriers: NATIVE,
		unit: S,
		target: 45,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.silence();
			return await bench.until('down', 90_000);
		},
	},
	{
		event: 'a silent cut of 90 s: from its end until it serves again',
		carriers: NATIVE,
		unit: S,
		target: 30,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.silence();
			await sleep(90_000);
			bench.lab.silence(false);
			return await bench.untilServed(180_000);
		},
	},
	{
		event: '64 kbit/s, 90 s of upload',
		carriers: NATIVE,
		unit: LOST,
		target: 0,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.shape(64, 1000);
			await bench.lab.cloudProcess.call('open', { port: bench.bigPort });
			await sleep(90_000);
			await bench.hear();
			const received = await bench.lab.cloudProcess.call('received');
			if (received < 400_000) {
				throw new Error(`only ${received} bytes came in 90 s`);
			}
			return bench.told.filter(({ event }) => event === 'down').length;
		},
	},
	{
		event:
			'64 kbit/s, in the middle of an upload: another stream is answered in',
		carriers: NATIVE,
		unit: S,
		target: 5,
		measure: async (bench) => {
			await bench.startLink();
			bench.lab.shape(64, 1000);
			await bench.lab.cloudProcess.call('open', { port: bench.bigPort });
			await sleep(30_000);
			const tookMs = await bench.lab.cloudProcess.call('probe', {
				port: bench.port,
				withinMs: 60_000,
			});
			return (tookMs ?? Infinity) / 1000;
		},
	},
	{
		event: '64 kbit/s, 90 s of download',
		carriers: NATIVE,
		unit: LOST,
		target: 0,
		measure: async (bench) => {
			const sink = await bench.device.call('sink');
			await bench.startLink();
			bench.lab.shape(64, 1000);
			await bench.lab.cloudProcess.call('open', {
				port: sink,
				send: 3_000_000,
			});
			await sleep(90_000);
			await bench.hear();
			return bench.told.filter(({ event }) => event === 'down').length;
		},
	},
	{
		event: 'a queue of 3 s on the way: from the start to the link',
		carriers: [...NATIVE],
		unit: S,
		target: 45,
		measure: async (bench) => {
			bench.lab.shape(64, 3000);
			await bench.device.call('flood', { to: CLOUD, kbit: 90 });
			await sleep(8000);
			await bench.startAgent();
			return await bench.until('up', 120_000);
		},
	},
	{
		event:
			'packets of full size vanish (PMTU black hole), downloads one after the other: until UDP carries them',
		carriers: ['websocket'],
		unit: LOST,
		target: 2,
		measure: async (bench) => {
			const { lab } = bench;
			iptables(
				lab.router,
				'-I FORWARD -o reth0 -m length --length 1401:65535 -j DROP',
			);
			const sink = await bench.device.call('sink');
			const options = { livenessMs: 12_000 };
			await bench.startAgent([lab.node], options, ['websocket', 'udp']);
			await bench.until('up', 30_000);
			for (let lost = 1; lost < 5; lost++) {
				// A younger link that goes speaks against its transport at once.
				await sleep(32_000);
				await lab.cloudProcess.call('open', { port: sink, send: 2_000_000 });
				await bench.until('down', 60_000);
				await bench.until('up', 60_000);
				if (bench.told.at(-1)!.detail.startsWith('udp')) {
					return lost;
				}
			}
			throw new Error('it stays on TCP');
		},
	},
	{
		event: 'DNS is dead for 60 s at boot: from its return to the link',
		carriers: NATIVE,
		unit: S,
		target: 20,
		measure: async (bench) => {
			bench.lab.name('late.test', false);
			await bench.startAgent([`late.test:${bench.lab.port}`]);
			await sleep(60_000);
			bench.lab.name('late.test', true);
			return await bench.until('up', 120_000);
		},
	},
	{
		event: 'a NAT that forgets UDP after 30 s, idle for 100 s',
		carriers: ['udp'],
		unit: LOST,
		target: 0,
		measure: async (bench) => {
			for (const name of ['udp_timeout', 'udp_timeout_stream']) {
				bench.lab.router.run(
					'sysctl',
					'-qw',
					`net.netfilter.nf_conntrack_${name}=30`,
				);
			}
			await bench.startLink();
			await sleep(100_000);
			return await lostIn(bench, 0);
		},
	},
	...(['websocket', 'udp'] as const).map((carrier): Row => ({
		event: `an idle day, from 4 minutes of it, both ways with IP headers`,
		carriers: [carrier],
		unit: 'MB',
		target: carrier === 'websocket' ? 0.95 : 0.6,
		measure: async (bench) => {
			await bench.startLink();
			await sleep(20_000);
			const carried = bench.lab.countBytes();
			await sleep(240_000);
			return (carried() * 86_400) / 240 / 1e6;
		},
	})),
];
