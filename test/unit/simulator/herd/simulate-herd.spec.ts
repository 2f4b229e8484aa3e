import { expect } from 'chai';

import {
	HERD_DEFAULTS,
	POLICIES,
	policyNamed,
	simulateHerd,
	type HerdSetup,
	type Policy,
} from '../../../../src/simulator/index.js';

function setup(overrides: Partial<HerdSetup> = {}): HerdSetup {
	return {
		...HERD_DEFAULTS,
		policy: policyNamed('agent'),
		stockPolicy: policyNamed('balena-tcp-reset'),
		devices: 600,
		acceptRate: 60,
		...overrides,
	};
}

/** Each device dials at its own second, over and over. */
const inTurn: Policy = {
	name: 'in-turn',
	summary: '',
	source: '',
	pacer: () => ({
		tell: (device, event) =>
			event.type === 'ended' ? (device + 1) * 1000 : undefined,
	}),
};

describe('simulateHerd', () => {
	it('gives the same result whether a device is told its past once more or what it knows is kept', () => {
		const agent = policyNamed('agent');
		const keeping: Policy = {
			...agent,
			pacer(devices) {
				const pacer = agent.pacer(devices);
				return {
					tell: (...args) => pacer.tell(...args),
					patience: (device) => pacer.patience!(device),
					restart: (...args) => {
						pacer.restart!(...args);
					},
				};
			},
		};
		for (const change of [
			{ hints: 'window' },
			{ hints: 'slots' },
			{ hints: 'window', changes: [{ atSeconds: 3, restart: true }] },
			{ hints: 'slots', changes: [{ atSeconds: 3, restart: true }] },
			{ hints: 'slots', changes: [{ atSeconds: 2, joining: 0.5 }] },
			{ hints: 'none', acceptRate: 1, outageSeconds: 30 },
			{ hints: 'window', herds: 2, restarts: true },
		] satisfies Array<Partial<HerdSetup>>) {
			expect(
				simulateHerd(setup({ ...change, policy: agent })),
				JSON.stringify(change),
			).to.deep.equal(simulateHerd(setup({ ...change, policy: keeping })));
		}
	});

	it('gives the same result for the same setup, whatever the policy', () => {
		for (const policy of POLICIES) {
			const run = () => simulateHerd(setup({ policy, seed: 3 }));
			expect(run(), policy.name).to.deep.equal(run());
		}
	});

	it('brings back everybody once, and counts every attempt', () => {
		const { result, timeline } = simulateHerd(
			setup({ policy: policyNamed('cloudflared') }),
		);
		const sum = (counts: number[]) => counts.reduce((a, b) => a + b, 0);
		expect(sum(timeline.returns.counts)).to.equal(600);
		expect(sum(timeline.attempts.counts) / 600).to.be.closeTo(
			result.attemptsPerDevice,
			1e-4,
		);
	});

	it('does not give up a fleet that was told to wait for hours', () => {
		const small = { devices: 60, acceptRate: 6 };
		for (const told of [
			{ hints: 'constant', retryAfterSeconds: 2 * 3600 },
			{ hints: 'window', windowError: 2000 },
		] as const) {
			const { result } = simulateHerd(setup({ ...small, ...told }));
			expect(result.recovered, told.hints).to.equal(true);
			expect(result.t100Seconds).to.be.above(2 * 3600);
		}
	});

	it('says when half, 99 % and all are back', () => {
		const { result } = simulateHerd(
			setup({ policy: inTurn, devices: 100, acceptRate: 50 }),
		);
		expect(result).to.include({
			lowerBoundSeconds: 2,
			t50Seconds: 50,
			t99Seconds: 99,
			t100Seconds: 100,
			t50: 25,
			t100: 50,
			attemptsPerDevice: 1,
			p99Attempts: 1,
			recovered: true,
		});
	});

	it('counts from the end of the outage, and the attempts from the loss on', () => {
		const { result } = simulateHerd(
			setup({
				policy: inTurn,
				devices: 10,
				acceptRate: Infinity,
				outageSeconds: 4.5,
			}),
		);
		// Device 0 dials every second, device 1 every second second, ...
		expect(result.t50Seconds).to.equal(1.5);
		expect(result.t100Seconds).to.equal(5.5);
		expect(result.attemptsPerDevice).to.equal((5 + 3 + 2 + 2 + 6) / 10);
		expect(result.lowerBoundSeconds).to.equal(0);
		expect(result.t100).to.equal(null);
	});

	it('measures the peak over max(1 s, 500/R)', () => {
		// Ten devices, a second apart, at a node of 50 a second: one window of 10 s sees them all.
		const { result } = simulateHerd(
			setup({ policy: inTurn, devices: 10, acceptRate: 50 }),
		);
		expect(result.peakOverRate).to.equal(10 / 500);
	});

	it('sees a late peak only from a minute after the loss on', () => {
		const result = (devices: number) =>
			simulateHerd(setup({ policy: inTurn, devices, acceptRate: 50 })).result;
		expect(result(59).latePeakPerSecond).to.equal(0);
		expect(result(60).latePeakPerSecond).to.equal(1);
	});

	it('lets the same devices live through several herds, and measures the last', () => {
		const seen: number[] = [];
		const counting: Policy = {
			...inTurn,
			pacer: () => ({
				tell(_device, event) {
					if (event.type !== 'ended') {
						return undefined;
					}
					seen.push(1);
					return seen.length * 1000;
				},
			}),
		};
		const { result } = simulateHerd(
			setup({ policy: counting, devices: 1, herds: 3 }),
		);
		expect(result.t100Seconds).to.equal(3);
		expect(result.attemptsPerDevice).to.equal(1);
	});

	it('restarts every process between herds, while links are up, when it is asked to', () => {
		let restarts = 0;
		const noting: Policy = {
			...inTurn,
			pacer: (devices) => ({
				...inTurn.pacer(devices),
				restart: () => {
					restarts += 1;
				},
			}),
		};
		simulateHerd(
			setup({ policy: noting, devices: 5, herds: 4, restarts: true }),
		);
		expect(restarts).to.equal(3);
	});

	it('makes the last node slower or faster by the scale', () => {
		const { result } = simulateHerd(setup({ herds: 2, lastHerdScale: 10 }));
		expect(result.lowerBoundSeconds).to.equal(100);
	});

	it('tells hints to those alone who hear', () => {
		const told = new Set<number>();
		const hearing: Policy = {
			...inTurn,
			pacer: () => ({
				tell(device, event) {
					if (event.type === 'hint') {
						told.add(device);
						expect(event.hint.reconnectWindowMs).to.equal(10_000);
					}
					return event.type === 'ended' ? device : undefined;
				},
			}),
		};
		simulateHerd(setup({ policy: hearing, hints: 'window', hintLoss: 0.25 }));
		expect(told.size).to.equal(450);
	});

	it('takes the Retry-After from what a deaf device is answered', () => {
		const heard = new Map<number, boolean>();
		const listening: Policy = {
			...inTurn,
			pacer: () => ({
				tell(device, event) {
					if (event.type !== 'ended') {
						return undefined;
					}
					if (event.outcome.kind === 'throttled') {
						heard.set(device, event.outcome.hint !== undefined);
					}
					return 10 + (event.outcome.hint?.retryAfterMs ?? device * 60);
				},
			}),
		};
		simulateHerd(
			setup({
				policy: listening,
				hints: 'constant',
				hintLoss: 0.5,
				acceptRate: 5,
			}),
		);
		expect([...heard].some(([device, hint]) => device >= 300 && hint)).to.equal(
			true,
		);
		expect(
			[...heard].filter(([device, hint]) => device < 300 && hint),
		).to.deep.equal([]);
	});

	it('reports progress that grows to the end', () => {
		const shares: number[] = [];
		simulateHerd(
			setup({ devices: 20_000, acceptRate: 200, herds: 2 }),
			(done) => shares.push(done),
		);
		expect(shares).to.not.be.empty;
		expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
		expect(shares.at(-1)).to.be.within(0.5, 1);
	});
});
