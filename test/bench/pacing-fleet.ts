import { outcome, type Outcome } from '../../src/outcome.js';
import {
	createPacing,
	pace,
	type PacingOptions,
	type PacingState,
} from '../../src/pacing/index.js';
import { seededRandom } from '../../src/testing/seeded-random.js';

/** One fleet, one node, one or more herds: what `runFleet` plays with the real pacing. */
export interface Fleet {
	readonly devices: number;
	readonly acceptRate: number;
	readonly rejectCost?: number;
	/** Seconds; Infinity for no bound. */
	readonly rejectDebtSeconds?: number;
	readonly hints?: 'none' | 'window' | 'slots' | 'constant';
	/** Of `hints`, the share of devices that never gets one. */
	readonly hintLoss?: number;
	readonly outageSeconds?: number;
	readonly herds?: readonly number[];
	/** The share of devices that dial as stock OpenVPN 2.5.6 does. */
	readonly stock?: number;
	readonly seed: number;
	readonly options: PacingOptions;
}

export interface FleetResult {
	/** Of the last herd, in multiples of N/R. */
	readonly t50: number;
	readonly t99: number;
	readonly t100: number;
	readonly attempts: number;
	readonly peakOverRate: number;
	/** Among those who kept their hint, and among those who are not stock. */
	readonly keptT100: number;
	readonly oursT100: number;
	/** The most attempts in any second from 60 s after the loss on. */
	readonly laterPeak: number;
	/** Seconds from the end of the outage. */
	readonly p50Seconds: number;
	readonly p99Seconds: number;
	readonly t100Seconds: number;
}

const RESET = outcome('early-reset', 'reset');
const LOST = outcome('link-reset', 'lost');
const REFUSED = outcome('connect-refused', 'refused');
const CONSTANT = outcome('http-429', 'throttled', {
	hint: { retryAfterMs: 30_000 },
});

/** The wait of stock OpenVPN after its k-th consecutive failure, in ms: 5 s six times, then doubled to 120 s. */
function stockMs(failures: number): number {
	return 5000 * Math.min(24, 2 ** Math.max(0, failures - 5));
}

const half = (i: number) => Math.floor(i / 2);

/** A heap of moments with a device each, in typed arrays. */
class Agenda {
	readonly #at: Float64Array;
	readonly #who: Int32Array;
	size = 0;

	constructor(capacity: number) {
		this.#at = new Float64Array(capacity + 1);
		this.#who = new Int32Array(capacity + 1);
	}

	push(at: number, who: number): void {
		let i = ++this.size;
		for (let up = half(i); i > 1 && this.#at[up]! > at; up = half(i)) {
			this.#at[i] = this.#at[up]!;
			this.#who[i] = this.#who[up]!;
			i = up;
		}
		this.#at[i] = at;
		this.#who[i] = who;
	}

	pop(): { at: number; who: number } {
		const top = { at: this.#at[1]!, who: this.#who[1]! };
		const at = this.#at[this.size]!;
		const who = this.#who[this.size]!;
		this.size--;
		let i = 1;
		for (;;) {
			let child = 2 * i;
			if (child > this.size) {
				break;
			}
			if (child < this.size && this.#at[child + 1]! < this.#at[child]!) {
				child++;
			}
			if (this.#at[child]! >= at) {
				break;
			}
			this.#at[i] = this.#at[child]!;
			this.#who[i] = this.#who[child]!;
			i = child;
		}
		this.#at[i] = at;
		this.#who[i] = who;
		return top;
	}
}

/** The token bucket of a node. Times in seconds from the loss. */
class Node {
	tokens: number;
	#atS = 0;
	#nextSlotS = 0;

	constructor(
		private readonly rate: number,
		private readonly cost: number,
		private readonly debtS: number,
	) {
		this.tokens = Math.max(1, rate);
	}

	admits(nowS: number): boolean {
		if (this.rate === Infinity) {
			return true;
		}
		this.tokens = Math.min(
			Math.max(1, this.rate),
			this.tokens + (nowS - this.#atS) * this.rate,
		);
		this.#atS = nowS;
		if (this.tokens >= 1) {
			this.tokens -= 1;
			return true;
		}
		this.tokens = Math.max(-this.debtS * this.rate, this.tokens - this.cost);
		return false;
	}

	/** The next place in the queue, in whole seconds from now; the first lies behind the debt that refusals made. */
	slot(nowS: number, firstAtS: number): number {
		this.#nextSlotS = Math.max(this.#nextSlotS + 1 / this.rate, firstAtS, nowS);
		return Math.ceil(this.#nextSlotS - nowS);
	}
}

export function runFleet(fleet: Fleet): FleetResult {
	const herds = fleet.herds ?? [fleet.devices];
	const random = seededRandom(fleet.seed);
	const states: PacingState[] = [];
	let result: FleetResult | undefined;
	let startMs = 3_600_000;
	for (const devices of herds) {
		while (states.length < devices) {
			const context = { nowMs: startMs - 1_800_000, random };
			let state = createPacing(fleet.options);
			state = pace(state, { type: 'start' }, context).state;
			state = pace(state, { type: 'attempt' }, context).state;
			states.push(pace(state, { type: 'up' }, context).state);
		}
		const played = herd(fleet, states, devices, startMs, random);
		result = played.result;
		startMs = played.endMs + 3 * 3_600_000;
	}
	return result!;
}

function herd(
	fleet: Fleet,
	states: PacingState[],
	devices: number,
	startMs: number,
	random: () => number,
): { result: FleetResult; endMs: number } {
	const { acceptRate, hints = 'none', outageSeconds = 0 } = fleet;
	const T = devices / acceptRate;
	const node = new Node(
		acceptRate,
		fleet.rejectCost ?? 0.1,
		fleet.rejectDebtSeconds ?? 10,
	);
	const agenda = new Agenda(devices);
	const hintless = new Uint8Array(devices);
	const isStock = new Uint8Array(devices);
	const failures = new Int32Array(devices);
	const times: number[] = [];
	// The first slot lies behind what the refusal of the fleet's first attempts costs.
	const firstS = Math.max(4, Math.min(T / 10, 13));
	for (let i = 0; i < devices; i++) {
		hintless[i] = random() < (fleet.hintLoss ?? 0) ? 1 : 0;
		isStock[i] = random() < (fleet.stock ?? 0) ? 1 : 0;
		if (isStock[i]) {
			agenda.push(startMs + 5000, i);
			continue;
		}
		const context = { nowMs: startMs, random };
		if (hints === 'window' && !hintless[i]) {
			const told = { reconnectWindowMs: T * 1000 };
			const event = { type: 'hint', hint: told } as const;
			states[i] = pace(states[i]!, event, context).state;
		}
		const lost = pace(states[i]!, { type: 'ended', outcome: LOST }, context);
		states[i] = lost.state;
		agenda.push(startMs + lost.wait!.delayMs, i);
	}
	const doneS: number[] = [];
	let keptS = 0;
	let oursS = 0;
	let endMs = startMs;
	while (agenda.size > 0) {
		const { at, who } = agenda.pop();
		const nowS = (at - startMs) / 1000;
		if (nowS > 100 * Math.max(T, 600)) {
			doneS.push(Infinity);
			break;
		}
		times.push(nowS);
		let ended: Outcome | undefined;
		if (nowS < outageSeconds) {
			ended = REFUSED;
		} else if (!node.admits(nowS)) {
			ended =
				hintless[who] || isStock[who]
					? RESET
					: hints === 'constant'
						? CONSTANT
						: hints === 'slots'
							? outcome('http-429', 'throttled', {
									hint: { retryAfterMs: node.slot(nowS, firstS) * 1000 },
								})
							: RESET;
		}
		if (ended === undefined) {
			endMs = at;
			doneS.push(nowS - outageSeconds);
			if (!hintless[who] && !isStock[who]) {
				keptS = nowS - outageSeconds;
			}
			if (!isStock[who]) {
				oursS = nowS - outageSeconds;
			}
		}
		if (isStock[who]) {
			if (ended) {
				agenda.push(at + stockMs(++failures[who]!), who);
			}
			continue;
		}
		const context = { nowMs: at, random };
		let state = pace(states[who]!, { type: 'attempt' }, context).state;
		if (ended === undefined) {
			state = pace(state, { type: 'up' }, context).state;
		} else {
			const paced = pace(state, { type: 'ended', outcome: ended }, context);
			state = paced.state;
			agenda.push(at + paced.wait!.delayMs, who);
		}
		states[who] = state;
	}
	const share = (q: number) =>
		doneS[Math.min(doneS.length - 1, Math.ceil(q * devices) - 1)] ?? Infinity;
	const spanS = Math.max(1, 500 / acceptRate);
	return {
		endMs,
		result: {
			t50: share(0.5) / T,
			t99: share(0.99) / T,
			t100: share(1) / T,
			attempts: times.length / devices,
			peakOverRate: most(times, spanS, 0) / (acceptRate * spanS),
			keptT100: keptS / T,
			oursT100: oursS / T,
			laterPeak: most(times, 1, 60),
			p50Seconds: share(0.5),
			p99Seconds: share(0.99),
			t100Seconds: share(1),
		},
	};
}

/** The most attempts in any window of a length. */
function most(times: number[], spanS: number, fromS: number): number {
	let peak = 0;
	let tail = 0;
	for (let head = 0; head < times.length; head++) {
		while (times[head]! - times[tail]! >= spanS || times[tail]! < fromS) {
			tail++;
			if (tail > head) {
				break;
			}
		}
		peak = Math.max(peak, head - tail + 1);
	}
	return peak;
}
