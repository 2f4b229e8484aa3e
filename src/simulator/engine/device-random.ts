/* eslint-disable no-bitwise -- a generator and a hash are made of bits */
import type { Random } from '../../runtime/index.js';

/** Spreads the bits of a 32-bit number (the finaliser of MurmurHash3, public domain). */
function mix(value: number): number {
	let bits = value | 0;
	bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return bits ^ (bits >>> 16);
}

function rotate(bits: number, by: number): number {
	return (bits << by) | (bits >>> (32 - by));
}

/**
 * A stream of chance for each device, seeded from the run's seed and the device's number: what one
 * device draws does not depend on what another does. The generator is xoroshiro64** (Blackman and
 * Vigna, 2018): eight bytes a device, so that a million fit.
 */
export class DeviceRandoms {
	readonly #low: Int32Array;
	readonly #high: Int32Array;
	readonly #seed: number;
	#device = 0;

	constructor(devices: number, seed: number) {
		this.#low = new Int32Array(devices);
		this.#high = new Int32Array(devices);
		this.#seed = mix(mix(seed) ^ Math.floor(seed / 2 ** 32));
		for (let device = 0; device < devices; device++) {
			this.restart(device);
		}
	}

	/** Lets the stream of one device begin anew. */
	restart(device: number): void {
		this.#low[device] = mix(this.#seed ^ mix(device + 0x9e3779b9));
		// An all-zero state would stay zero: the lowest bit is always set.
		this.#high[device] = mix(this.#low[device] + device + 0x7f4a7c15) | 1;
	}

	/** The stream of one device. Valid until the next call of `of`. */
	of(device: number): Random {
		this.#device = device;
		return this.#next;
	}

	readonly #next: Random = () => {
		const device = this.#device;
		const low = this.#low[device]!;
		const high = this.#high[device]! ^ low;
		this.#low[device] = rotate(low, 26) ^ high ^ (high << 9);
		this.#high[device] = rotate(high, 13);
		return (
			(Math.imul(rotate(Math.imul(low, 0x9e3779bb), 5), 5) >>> 0) / 2 ** 32
		);
	};
}
