import { expect } from 'chai';

import type {
	NetworkReport,
	NetworkSnapshot,
} from '../../../src/device/network-snapshot.js';
import {
	systemNetwork,
	watchNetwork,
	type NetworkWatchOptions,
} from '../../../src/device/network-watch.js';
import { settle } from '../../../src/testing/settle.js';
import { VirtualClock } from '../../../src/testing/virtual-clock.js';

const NET: NetworkSnapshot = {
	routes: ['eth0 via 01'],
	addresses: ['eth0 10.0.0.1'],
	resolvConf: '',
};

const GONE: NetworkSnapshot = { ...NET, routes: [], addresses: [] };

describe('network watch', () => {
	let clock: VirtualClock;
	let snapshot: NetworkSnapshot;
	let looks: number;
	let sleptMs: number;
	let changes: NetworkReport[];
	let clockReasons: string[];
	let wayTo: string[];
	let watch: { close(): void } | undefined;

	const start = (options: Partial<NetworkWatchOptions> = {}) => {
		watch = watchNetwork({
			...options,
			clock,
			sources: {
				snapshot: () => {
					looks++;
					return snapshot;
				},
				hasWayTo: (addresses) =>
					Promise.resolve(addresses.some((one) => wayTo.includes(one))),
				bootMs: () => clock.monotonicMs() + sleptMs,
			},
			onNetwork: (change) => changes.push(change),
			onClock: (reason) => clockReasons.push(reason),
		});
	};

	beforeEach(() => {
		clock = new VirtualClock();
		snapshot = NET;
		looks = 0;
		sleptMs = 0;
		changes = [];
		clockReasons = [];
		wayTo = [];
	});

	/** Time passes, and what the kernel is asked is answered. */
	const pass = async (ms: number) => {
		for (let left = ms; left > 0; left -= 1500) {
			clock.advance(Math.min(left, 1500));
			await settle();
		}
	};

	afterEach(() => {
		watch?.close();
		expect(clock.pending).to.equal(0);
	});

	it('tells how it is at the start, and then only what changes', async () => {
		start();
		await pass(3600_000);
		expect(changes).to.have.length(1);
		expect(changes[0]).to.include({ up: true });
		snapshot = GONE;
		await pass(2000);
		expect(changes.at(-1)).to.include({ up: false });
		snapshot = NET;
		await pass(2000);
		expect(changes.at(-1)).to.include({ up: true, id: changes[0]!.id });
		expect(changes).to.have.length(3);
	});

	it('looks 40 times a minute, whether the network is there or not', async () => {
		start();
		await pass(60_000);
		expect(looks).to.equal(41);
		snapshot = GONE;
		await pass(60_000);
		expect(looks).to.equal(81);
	});

	it('calls a network up, and stays with it, while the system has a way to what was named or to anywhere', async () => {
		snapshot = GONE;
		start({ targets: ['10.8.0.1'] });
		await settle();
		expect(changes.map(({ up }) => up)).to.deep.equal([false]);
		wayTo = ['10.8.0.1'];
		await pass(1500);
		expect(changes.map(({ up }) => up)).to.deep.equal([false, true]);
		wayTo = ['192.0.2.1'];
		await pass(6000);
		expect(changes).to.have.length(2);
		wayTo = [];
		await pass(1500);
		expect(changes.map(({ up }) => up)).to.deep.equal([false, true, false]);
	});

	it('tells an agent everything that it has to know', async () => {
		const told: unknown[] = [];
		start({
			agent: {
				networkChanged: (change) => told.push(change),
				clockStepped: () => told.push('clock'),
			},
		});
		snapshot = { ...NET, routes: ['wwan0 via 02'] };
		await pass(1500);
		clock.setWallMs(clock.wallMs() + 86_400_000);
		await pass(1500);
		expect(told).to.deep.equal([
			...changes.map(({ up, id }) => ({ up, id })),
			'clock',
		]);
		expect(told).to.have.length(3);
	});

	it('says nothing after it was closed, though the kernel answers late', async () => {
		snapshot = GONE;
		start();
		watch!.close();
		await settle();
		expect(changes).to.deep.equal([]);
	});

	it('tells a clock that was set, and a sleep, once each', async () => {
		start();
		clock.setWallMs(clock.wallMs() + 86_400_000);
		await pass(1500);
		expect(clockReasons).to.deep.equal([
			'The clock was set forward by 86400 s.',
		]);
		sleptMs = 3600_000;
		clock.setWallMs(clock.wallMs() + 3600_000);
		await pass(90_000);
		expect(clockReasons.slice(1)).to.deep.equal([
			'The device slept for 3600 s.',
		]);
	});

	it('reads this machine', async () => {
		const real = systemNetwork.snapshot();
		expect(real.addresses).to.be.an('array');
		expect(await systemNetwork.hasWayTo(['127.0.0.1'])).to.equal(true);
		expect(await systemNetwork.hasWayTo(['255.255.255.255'])).to.equal(false);
		expect(systemNetwork.bootMs()).to.be.greaterThan(0);
	});
});
