import { resolvePacing } from '../../src/pacing/index.js';
import { runFleet, type Fleet, type FleetResult } from './pacing-fleet.js';

const options = resolvePacing();
const SEEDS = [1, 2, 3, 4, 5];
const N = 20_000;
const only = process.argv[2];

type Means = { [K in keyof FleetResult]: number };

function means(fleet: Omit<Fleet, 'seed' | 'options'>, seeds = SEEDS): Means {
	const all = seeds.map((seed) => runFleet({ ...fleet, seed, options }));
	const sum: Record<string, number> = {};
	for (const one of all) {
		for (const [key, value] of Object.entries(one)) {
			sum[key] = (sum[key] ?? 0) + (value as number) / all.length;
		}
	}
	return sum as Means;
}

function row(name: string, figures: Record<string, [number, number?]>): void {
	const cells = Object.entries(figures).map(([what, [got, target]]) => {
		const over = target !== undefined && got > target ? ' <<< OVER' : '';
		return `${what} ${got.toFixed(3)}${target === undefined ? '' : ` (<= ${target})`}${over}`;
	});
	console.log(`${name}: ${cells.join(', ')}`);
}

const at = (T: number) => ({ devices: N, acceptRate: N / T });

const sections: Record<string, () => void> = {
	window() {
		for (const rejectCost of [0.1, 0.3]) {
			for (const T of [20, 35, 50, 100, 200, 600, 2000]) {
				const R = T === 2000 ? 200 : Math.max(100, N / T);
				const m = means(
					{ devices: R * T, acceptRate: R, hints: 'window', rejectCost },
					T === 2000 ? [1, 2] : SEEDS,
				);
				row(`window T=${T} R=${R} C=${rejectCost}`, {
					t100: [m.t100, 1.05],
					att: [m.attempts, 1.05],
					peak: [m.peakOverRate, 1.3],
				});
			}
		}
	},
	slots() {
		for (const T of [20, 50, 75, 100, 150, 200, 400, 1000, 2000]) {
			const m = means({ ...at(T), hints: 'slots' });
			row(`slots T=${T}`, {
				t100: [m.t100, T >= 200 ? 1 + 15 / T : T < 50 ? undefined : 1.1],
				att: [m.attempts, T >= 200 ? 2.05 : undefined],
			});
		}
	},
	fifth() {
		for (const T of [50, 100, 200, 400, 1000]) {
			const m = means({ ...at(T), hints: 'window', hintLoss: 0.2 });
			row(`fifth T=${T}`, {
				t100: [m.t100, T === 200 ? 1.7 : 2],
				att: [m.attempts, T === 200 ? 1.4 : undefined],
				kept: [m.keptT100, T === 200 ? 1.1 : 1.12],
			});
		}
	},
	constant() {
		for (const T of [100, 200, 300, 800]) {
			const m = means({ ...at(T), hints: 'constant' });
			row(`constant T=${T}`, {
				t100: [m.t100, T === 200 ? 1.75 : undefined],
				att: [m.attempts, T === 200 ? 3.5 : undefined],
			});
		}
	},
	first() {
		const t100: number[] = [];
		let attempts = 0;
		for (let i = 0; i < 60; i++) {
			const T = 50 * 32 ** ((i + Math.random()) / 60);
			const m = means({ ...at(T) }, [i, i + 100]);
			t100.push(m.t100);
			attempts += m.attempts / 60;
		}
		row('first herd', {
			mean: [t100.reduce((a, b) => a + b) / 60, 1.9],
			max: [Math.max(...t100), 2.5],
			att: [attempts, 5],
		});
		for (const T of [5, 10, 20]) {
			const m = means(at(T));
			row(`first T=${T}`, { t100s: [m.t100Seconds, 60], att: [m.attempts] });
		}
	},
	long() {
		for (const [rejectCost, limit] of [
			[0, 1.8],
			[0.1, 2.2],
			[0.3, 2.9],
		] as const) {
			const m = means({ ...at(2000), rejectCost });
			row(`2000 C=${rejectCost}`, {
				t100: [m.t100, limit],
				att: [m.attempts, 9],
			});
		}
		for (let T = 1500; T <= 2600; T += 100) {
			const m = means(at(T));
			row(`T=${T}`, { t100: [m.t100, 2.9], att: [m.attempts] });
		}
		const m = means({ ...at(2000), rejectDebtSeconds: Infinity });
		row('unbounded', {
			t100: [m.t100],
			att: [m.attempts],
			bound: [1 + 0.1 * (m.attempts - 1)],
		});
	},
	memory() {
		for (const k of [1, 2, 3, 5, 20]) {
			const m = means({ ...at(200), herds: Array<number>(k).fill(N) });
			row(`herd ${k}`, {
				t100: [m.t100, k === 2 ? 1.7 : undefined],
				att: [m.attempts, k === 2 ? 3 : undefined],
			});
		}
		const smaller = means({ ...at(200), herds: [N, N / 10] });
		row('10x smaller', { t100: [smaller.t100, 2.5], att: [smaller.attempts] });
		const larger = means({ devices: 2000, acceptRate: 10, herds: [2000, N] });
		row('10x larger', { t100: [larger.t100, 2.5], att: [larger.attempts] });
		const larger2 = means(
			{ devices: N, acceptRate: 100, herds: [N, 10 * N] },
			[1],
		);
		row('10x larger, R=100', {
			t100: [larger2.t100, 2.5],
			att: [larger2.attempts],
		});
	},
	outage() {
		const m = means({
			devices: 10_000,
			acceptRate: Infinity,
			outageSeconds: 600,
		});
		row('outage', {
			p99: [m.p99Seconds, 90],
			att: [m.attempts, 10],
			peak: [m.laterPeak, 150],
		});
		const one = means(
			{ devices: 1, acceptRate: 100 },
			Array.from({ length: 2000 }, (_, i) => i),
		);
		row('alone', { mean: [one.p50Seconds], att: [one.attempts, 1] });
	},
	stock() {
		for (const T of [50, 100, 200, 400, 1000]) {
			const m = means({ ...at(T), hints: 'window', stock: 0.25 });
			const n = means({ ...at(T), stock: 0.25 }, [1]);
			row(`stock T=${T}`, {
				ours: [m.oursT100, 1.12],
				att: [m.attempts],
				'ours without': [n.oursT100],
			});
		}
	},
};
for (const [name, play] of Object.entries(sections)) {
	if (only === undefined || only.split(',').includes(name)) {
		play();
	}
}
