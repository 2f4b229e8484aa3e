import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentOptions } from '../../src/index.js';
import type { Bench } from './bench.js';
import type { Carrier } from './device.js';
import { CLOUD, DEVICE, iptables, ROUTER } from './lab.js';
import { PORTALS } from './portal.js';

export interface Row {
	readonly event: string;
	readonly carriers: readonly Carrier[];
	/** At most this. */
	readonly target: number;
	/** What the number is. */
	readonly unit: string;
	/** What is done, one after the other. */
	readonly steps: readonly Step[];
	/** What is measured then. */
	readonly measure: (bench: Bench) => Promise<number>;
}

/** May give a promise. */
type Step = (bench: Bench) => unknown;

const NATIVE: readonly Carrier[] = ['websocket', 'udp'];
const OPENVPN: readonly Carrier[] = [
	'openvpn-tcp',
	'openvpn-udp',
	'attached-tcp',
	'attached-udp',
];
const S = 'seconds';
const LOST = 'links lost';

// How the network is, and what becomes of it.

const device =
	(...command: string[]): Step =>
	({ lab }) => {
		lab.device.run('ip', ...command);
	};
const noAddress = device('addr', 'flush', 'dev', 'eth0');
const address: Step = ({ lab }) => {
	lab.address('eth0');
};
const anotherAddress: Step = ({ lab }) => {
	lab.address('eth0', { host: 77 });
};
const lte: Step = ({ lab }) => {
	lab.plug('lte0');
	lab.address('lte0');
};
const cable =
	(out: boolean): Step =>
	({ lab }) => {
		lab.cableOut('eth0', out);
	};
const silence =
	(on: boolean): Step =>
	({ lab }) => {
		lab.silence(on);
	};
const slow =
	(kbit: number, queueMs: number): Step =>
	({ lab }) => {
		lab.shape(kbit, queueMs);
	};
const name =
	(known: boolean): Step =>
	({ lab }) => {
		lab.name('late.test', known);
	};
/** What has the address of lte0 goes out by it, also when eth0 is the better uplink. */
const lteStaysOpen: readonly Step[] = [
	device(...['route', 'add', 'default', 'via', ROUTER.lte0, 'table', '7']),
	device(...['rule', 'add', 'from', DEVICE.lte0, 'table', '7']),
];
const demoted: Step = ({ lab }) => {
	lab.route('eth0', 20_100);
	lab.device.run('ip', 'route', 'del', 'default', 'metric', '100');
};
const onRouter =
	(rule: string): Step =>
	({ lab }) => {
		iptables(lab.router, rule);
	};
const forgetsUdp: Step = ({ lab }) => {
	for (const timeout of ['udp_timeout', 'udp_timeout_stream']) {
		lab.router.run('sysctl', '-qw', `net.netfilter.nf_conntrack_${timeout}=30`);
	}
};

// What runs.

const agent: Step = (bench) => bench.startAgent();
const agentOfName: Step = (bench) =>
	bench.startAgent([`late.test:${bench.lab.port}`]);
const link: Step = (bench) => bench.startLink();
const passes =
	(seconds: number): Step =>
	() =>
		sleep(1000 * seconds);
const upload: Step = ({ lab, bigPort }) =>
	lab.cloudProcess.call('open', { port: bigPort });
const download: Step = async (bench) => {
	const port = await bench.device.call('sink');
	await bench.startLink();
	bench.lab.shape(64, 1000);
	await bench.lab.cloudProcess.call('open', { port, send: 3_000_000 });
};
const flood: Step = (bench) =>
	bench.device.call('flood', { to: CLOUD, kbit: 90 });

// What is measured.

const untilUp =
	(withinS = 120) =>
	(bench: Bench) =>
		bench.until('up', 1000 * withinS);
const untilDown = (bench: Bench) => bench.until('down', 90_000);
const untilServed =
	(withinS = 90) =>
	(bench: Bench) =>
		bench.untilServed(1000 * withinS);
const linksLost = (bench: Bench) => bench.count('down');

/** How many links are lost, with one that serves at the end. */
const lostBy = async (bench: Bench) => {
	await bench.untilServed(15_000);
	return bench.count('down');
};

const lostInUpload = async (bench: Bench) => {
	const received = await bench.lab.cloudProcess.call('received');
	if (received < 400_000) {
		throw new Error(`only ${received} bytes came in 90 s`);
	}
	return await bench.count('down');
};

const untilAnotherStream = async ({ lab, port }: Bench) => {
	const probe = { port, withinMs: 60_000 };
	return ((await lab.cloudProcess.call('probe', probe)) ?? Infinity) / 1000;
};

/** The old link must not have been cut for it. */
const untilMovedBeside = async (bench: Bench) => {
	const tookS = await bench.until('up', 60_000);
	if (bench.told.some(({ detail }) => detail === 'link-silent')) {
		throw new Error('the old link was cut');
	}
	return tookS;
};

const untilUdpCarries = async (bench: Bench) => {
	const { lab } = bench;
	const port = await bench.device.call('sink');
	const options: Partial<AgentOptions> = { livenessMs: 12_000 };
	await bench.startAgent([lab.node], options, ['websocket', 'udp']);
	await bench.until('up', 30_000);
	for (let lost = 1; lost < 5; lost++) {
		// A younger link that goes speaks against its transport at once.
		await sleep(32_000);
		await lab.cloudProcess.call('open', { port, send: 2_000_000 });
		await bench.until('down', 60_000);
		await bench.until('up', 60_000);
		if (bench.told.at(-1)!.detail.startsWith('udp')) {
			return lost;
		}
	}
	throw new Error('it stays on TCP');
};

/** From the portal's end; it must have been named as what it is. */
const untilUpAfterPortal =
	(code: string) =>
	async (bench: Bench): Promise<number> => {
		await bench.hear();
		const named = bench.told.filter(({ event }) => event === 'retry');
		if (
			!named.length ||
			!named.every(({ detail }) => detail.startsWith(code))
		) {
			throw new Error(
				`it was named ${named.map(({ detail }) => detail).join()}`,
			);
		}
		await bench.lab.portal(undefined);
		return await bench.until('up', 300_000);
	};

const idleDay = async ({ lab }: Bench) => {
	const carried = lab.countBytes();
	await sleep(240_000);
	return (carried() * 86_400) / 240 / 1e6;
};

const IDLE_DAY = 'an idle day, from 4 minutes of it, both ways with IP headers';

export const ROWS: readonly Row[] = [
	{
		event: 'no default route, but one to the node: from the start to the link',
		...{ carriers: NATIVE, target: 10, unit: S },
		steps: [
			device('route', 'del', 'default'),
			device('route', 'add', `${CLOUD}/32`, 'via', ROUTER.eth0),
			agent,
		],
		measure: untilUp(60),
	},
	{
		event: 'nothing at all, then DHCP: from the address to the link',
		...{ carriers: NATIVE, target: 6, unit: S },
		steps: [noAddress, agent, passes(40), address],
		measure: untilUp(60),
	},
	{
		event: 'another address under a live link: until it serves again',
		...{ carriers: [...NATIVE, ...OPENVPN], target: 10, unit: S },
		steps: [link, noAddress, anotherAddress],
		measure: untilServed(),
	},
	{
		event:
			'eth0 loses its cable and its address, lte0 is there: until it serves again',
		...{ carriers: [...NATIVE, ...OPENVPN], target: 10, unit: S },
		steps: [lte, link, cable(true), noAddress],
		measure: untilServed(),
	},
	{
		event: 'back to eth0, lte0 stays: until it serves for good',
		...{ carriers: NATIVE, target: 10, unit: S },
		steps: [lte, noAddress, link, address],
		measure: untilServed(),
	},
	{
		event: 'back to eth0 after a minute, lte0 stays: until it serves for good',
		// Until then it is not known how long the node is quiet; it pings every 10 s.
		...{ carriers: OPENVPN, target: 13, unit: S },
		steps: [lte, noAddress, link, passes(60), address],
		measure: untilServed(),
	},
	{
		event:
			'back to eth0, and the link still works over lte0: made anew beside it after',
		...{ carriers: ['websocket'], target: 10, unit: S },
		steps: [lte, noAddress, ...lteStaysOpen, link, address],
		measure: untilMovedBeside,
	},
	{
		event: 'a dead uplink is demoted by its metric: until it serves again',
		...{ carriers: NATIVE, target: 10, unit: S },
		steps: [lte, link, onRouter('-I FORWARD -i reth0 -j DROP'), demoted],
		measure: untilServed(),
	},
	{
		event:
			'a dead uplink is demoted by its metric after a minute: until it serves again',
		// Openvpn cannot be made to ask: it waits for the next ping, of 10 s.
		...{ carriers: OPENVPN, target: 15, unit: S },
		steps: [
			lte,
			link,
			passes(60),
			onRouter('-I FORWARD -i reth0 -j DROP'),
			demoted,
		],
		measure: untilServed(),
	},
	{
		event: 'the cable is out for 5 s',
		...{ carriers: [...NATIVE, ...OPENVPN], target: 0, unit: LOST },
		steps: [
			link,
			cable(true),
			passes(5),
			cable(false),
			device('route', 'replace', 'default', 'via', ROUTER.eth0),
			passes(20),
		],
		measure: lostBy,
	},
	{
		event: 'a silent cut: until it is noticed',
		...{ carriers: [...NATIVE, ...OPENVPN], target: 45, unit: S },
		steps: [link, silence(true)],
		measure: untilDown,
	},
	{
		event: 'a silent cut of 90 s: from its end until it serves again',
		...{ carriers: NATIVE, target: 30, unit: S },
		steps: [link, silence(true), passes(90), silence(false)],
		measure: untilServed(180),
	},
	{
		event: '64 kbit/s, 90 s of upload',
		...{ carriers: NATIVE, target: 0, unit: LOST },
		steps: [link, slow(64, 1000), upload, passes(90)],
		measure: lostInUpload,
	},
	{
		event:
			'64 kbit/s, in the middle of an upload: another stream is answered in',
		...{ carriers: NATIVE, target: 5, unit: S },
		steps: [link, slow(64, 1000), upload, passes(30)],
		measure: untilAnotherStream,
	},
	{
		event: '64 kbit/s, 90 s of download',
		...{ carriers: NATIVE, target: 0, unit: LOST },
		steps: [download, passes(90)],
		measure: linksLost,
	},
	{
		event: 'a queue of 3 s on the way: from the start to the link',
		...{
			carriers: [...NATIVE, 'openvpn-tcp', 'openvpn-udp'],
			target: 45,
			unit: S,
		},
		steps: [slow(64, 3000), flood, passes(8), agent],
		measure: untilUp(),
	},
	{
		event:
			'packets of full size vanish (PMTU black hole), downloads one after the other: until UDP carries them',
		...{ carriers: ['websocket'], target: 2, unit: LOST },
		steps: [
			onRouter('-I FORWARD -o reth0 -m length --length 1401:65535 -j DROP'),
		],
		measure: untilUdpCarries,
	},
	{
		event: 'DNS is dead for 60 s at boot: from its return to the link',
		...{ carriers: NATIVE, target: 20, unit: S },
		steps: [name(false), agentOfName, passes(60), name(true)],
		measure: untilUp(),
	},
	...PORTALS.map(({ how, code }): Row => ({
		event: `a captive portal for 3 min (${how}): from its end to the link`,
		...{ carriers: ['websocket'], target: 89, unit: S },
		steps: [({ lab }) => lab.portal(how), agent, passes(180)],
		measure: untilUpAfterPortal(code),
	})),
	{
		event: 'a NAT that forgets UDP after 30 s, idle for 100 s',
		...{ carriers: ['udp'], target: 0, unit: LOST },
		steps: [forgetsUdp, link, passes(100)],
		measure: lostBy,
	},
	...(
		[
			['websocket', 0.95],
			['udp', 0.6],
			['openvpn-tcp', 3],
			['openvpn-udp', 1.5],
		] as const
	).map(([carrier, target]): Row => ({
		event: IDLE_DAY,
		...{ carriers: [carrier], target, unit: 'MB' },
		steps: [link, passes(20)],
		measure: idleDay,
	})),
];
