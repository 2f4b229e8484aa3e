import { expect } from 'chai';

import type {
	NetworkReport,
	NetworkSnapshot,
} from '../../../src/device/network-snapshot.js';
import {
	systemNetwork,
	watchNetwork,
} from '../../../src/device/network-watch.js';
import { VirtualClock } from '../../../src/testing/index.js';

const NET: NetworkSnapshot = {
	routes: ['eth0 via 01'],
	addresses: ['eth0 10.0.0.1'],
	resolvConf: '',
};

describe('network watch', () => {
	let clock: VirtualClock;
	let snapshot: NetworkSnapshot;
	let looks: number;
	let sleptMs: number;
	let changes: NetworkReport[];
	let clockReasons: string[];
	let watch: { close(): void } | undefined;

	const start = () => {
		watch = watchNetwork({
			clock,
			sources: {
				snapshot: () => {
					looks++;
					return snapshot;
				},
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
	});

	afterEach(() => {
		watch?.close();
		expect(clock.pending).to.equal(0);
	});

	it('tells how it is at the start, and then only what changes', () => {
		start();
		clock.advance(3600_000);
		expect(changes).to.have.length(1);
		expect(changes[0]).to.include({ up: true });
		snapshot = { ...NET, routes: [] };
		clock.advance(30_000);
		expect(changes.at(-1)).to.include({ up: false });
		snapshot = NET;
		clock.advance(5000);
		expect(changes.at(-1)).to.include({ up: true, id: changes[0]!.id });
		expect(changes).to.have.length(3);
	});

	it('looks twice a minute while the network is up, and every 5 s while it is not', () => {
		start();
		clock.advance(600_000);
		expect(looks).to.equal(21);
		snapshot = { ...NET, routes: [] };
		clock.advance(30_000);
		looks = 0;
		clock.advance(60_000);
		expect(looks).to.equal(12);
	});

	it('tells a clock that was set, and a sleep, once each', () => {
		start();
		clock.setWallMs(clock.wallMs() + 86_400_000);
		clock.advance(90_000);
		expect(clockReasons).to.deep.equal([
			'The clock was set forward by 86400 s.',
		]);
		sleptMs = 3600_000;
		clock.setWallMs(clock.wallMs() + 3600_000);
		clock.advance(90_000);
		expect(clockReasons.slice(1)).to.deep.equal([
			'The device slept for 3600 s.',
		]);
	});

	it('reads this machine', () => {
		const real = systemNetwork.snapshot();
		expect(real.addresses).to.be.an('array');
		expect(systemNetwork.bootMs()).to.be.greaterThan(0);
	});
});
