import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import { OUTCOMES, type OutcomeCode } from '../../../src/outcome.js';
import {
	PRESETS,
	type PresetName,
	type Wait,
} from '../../../src/pacing/index.js';
import {
	seededRandom,
	type SeededRandom,
} from '../../../src/testing/seeded-random.js';
import { Device } from './driver.js';

const SEED = process.env.PACING_SEED ?? 'pacing properties';
const LIVES = 150;
const STEPS = 60;

const codes = Object.keys(OUTCOMES).filter(
	(code) => code !== 'stopped',
) as OutcomeCode[];

function pick<T>(random: SeededRandom, from: readonly T[]): T {
	return from[Math.floor(random() * from.length)]!;
}

function anyHint(random: SeededRandom): Hint | undefined {
	const spread = () => 10 ** (8 * random());
	return random() < 0.4
		? {
				...(random() < 0.6 ? { retryAfterMs: spread() } : {}),
				...(random() < 0.4 ? { reconnectWindowMs: spread() } : {}),
				...(random() < 0.3 ? { drainDeadlineMs: spread() } : {}),
			}
		: undefined;
}

/** One step of an arbitrary life. Answers with the wait that runs after it, if one does. */
function step(device: Device, random: SeededRandom): Wait | undefined {
	const what = random();
	if (what < 0.1) {
		device.linksFor(random() < 0.5 ? 1000 : 1e7 * random());
		return device.ends('link-reset', anyHint(random));
	}
	if (what < 0.2) {
		return device.tell({ type: 'network', up: random() < 0.6 });
	}
	if (what < 0.25) {
		return device.tell({ type: 'clock-step' });
	}
	if (what < 0.3) {
		device.nowMs += 1e5 * random();
		return undefined;
	}
	return device.fails(pick(random, codes), anyHint(random));
}

function lives(check: (device: Device, random: SeededRandom) => void): void {
	const all = seededRandom(SEED);
	for (let life = 0; life < LIVES; life++) {
		const random = all.fork(life);
		const preset = pick(random, Object.keys(PRESETS) as PresetName[]);
		const device = new Device({ preset }, random.fork('device'));
		try {
			device.waitsOut(device.start());
			check(device, random);
		} catch (error) {
			(error as Error).message +=
				` (life ${life}; PACING_SEED='${SEED}' npx mocha test/unit/pacing/properties.spec.ts)`;
			throw error;
		}
	}
}

describe('pacing, whatever happens', () => {
	it('always waits a bounded, whole number of milliseconds, and says why', () => {
		lives((device, random) => {
			for (let i = 0; i < STEPS; i++) {
				const wait = step(device, random);
				if (wait !== undefined) {
					expect(wait.delayMs).to.be.within(0, 24 * 3600_000);
					expect(wait.delayMs % 1).to.equal(0);
					expect(wait.reason).to.match(/^[A-Z].*[.]$/);
					device.nowMs += wait.delayMs * random();
				}
			}
		});
	});

	it('never comes before a retry-after, whichever events follow it', () => {
		lives((device, random) => {
			for (let i = 0; i < STEPS; i++) {
				// Beyond what a constant is looked for in.
				const retryAfterMs = 310_000 + 1e6 * random();
				const saidMs = device.nowMs;
				let wait = device.fails(pick(random, codes), { retryAfterMs });
				expect(wait.delayMs).to.be.at.least(retryAfterMs);
				for (let k = 0; k < 4; k++) {
					device.nowMs += random() * wait.delayMs * 0.3;
					const event =
						random() < 0.7
							? ({ type: 'network', up: random() < 0.6 } as const)
							: ({ type: 'clock-step' } as const);
					if (random() < 0.2) {
						const leftMs = saidMs + retryAfterMs - device.nowMs;
						device = device.restarted(device.nowMs);
						wait = device.start();
						expect(wait.delayMs).to.be.at.least(leftMs - 1e-6);
						continue;
					}
					const changed = device.tell(event);
					const untilMs = device.nowMs + (changed?.delayMs ?? Infinity);
					expect(untilMs - saidMs).to.be.at.least(retryAfterMs - 1e-6);
					wait = changed ?? wait;
				}
				device.tell({ type: 'network', up: true });
				device.nowMs += 2e6;
			}
		});
	});

	it('is monotone in congestion: the longer it has lasted, the longer the window', () => {
		lives((device, random) => {
			device.nowMs += 1e6 * random();
			device.ends('link-reset');
			let widest = 0;
			for (let i = 0; i < 15; i++) {
				const wait = device.fails('early-reset');
				if (wait.law === 'congestion') {
					expect(wait.windowMs).to.be.at.least(widest * 0.6);
					widest = Math.max(widest, wait.windowMs!);
				}
				device.waitsOut(wait);
			}
			expect(widest).to.be.above(0);
		});
	});

	it('serialises at any moment and resumes to the same future', () => {
		lives((device, random) => {
			for (let i = 0; i < 10 * random(); i++) {
				const before = step(device, random);
				device.nowMs = Math.ceil(device.nowMs + (before?.delayMs ?? 0));
			}
			device.tell({ type: 'network', up: true });
			const { delayMs } = device.fails('early-reset');
			const seed = random.fork('future');
			const twin = new Device({}, seed.fork('chance'));
			twin.state = JSON.parse(JSON.stringify(device.state)) as Device['state'];
			twin.nowMs = device.nowMs;
			const same = new Device({}, seed.fork('chance'));
			same.state = device.state;
			same.nowMs = device.nowMs;
			const choices = [seed.fork('choices'), seed.fork('choices')];
			twin.nowMs += delayMs;
			same.nowMs += delayMs;
			for (let i = 0; i < 10; i++) {
				const [a, b] = [step(twin, choices[0]!), step(same, choices[1]!)];
				expect(a).to.deep.equal(b);
				twin.nowMs += a?.delayMs ?? 0;
				same.nowMs += b?.delayMs ?? 0;
			}
		});
	});

	it('never changes a state in place', () => {
		lives((device, random) => {
			for (let i = 0; i < 20; i++) {
				const before = device.state;
				const copy = JSON.stringify(before);
				step(device, random);
				expect(JSON.stringify(before)).to.equal(copy);
			}
		});
	});
});
