import type { Answer, Door } from '../engine/door.js';
import type { Patience } from '../engine/policy.js';

interface Member {
	door: Door;
	links: number;
}

/**
 * Nodes behind a balancer that sends each attempt to the node with the fewest links (HAProxy's `leastconn`, as in
 * front of balena's VPN). A fresh node has none, so after a deploy every attempt goes there, and a node that
 * rejects gains no link and is sent the next one too.
 */
export class NodePool implements Door {
	readonly #members: Member[];
	readonly #memberOf: Int32Array;
	/** Where each device knocked last: what is answered late makes its link there. */
	readonly #triedAt: Int32Array;
	#oldest = 0;

	readonly #fresh: (nowMs: number) => Door;

	/** @param fresh makes a node that starts now */
	constructor(nodes: number, devices: number, fresh: (nowMs: number) => Door) {
		this.#fresh = fresh;
		this.#members = Array.from({ length: nodes }, () => ({
			door: fresh(0),
			links: 0,
		}));
		this.#memberOf = new Int32Array(devices).fill(-1);
		this.#triedAt = new Int32Array(devices);
	}

	attempt(device: number, nowMs: number, patience: Patience): Answer {
		const index = this.#fewestLinks();
		const answer = this.#members[index]!.door.attempt(device, nowMs, patience);
		this.#triedAt[device] = index;
		if (!answer.refusal && !answer.again) {
			this.#hold(device, index);
		}
		return answer;
	}

	/** A link came up, maybe of an attempt that had been silent for long. */
	up(device: number): void {
		if (this.#memberOf[device] === -1) {
			this.#hold(device, this.#triedAt[device]!);
		}
	}

	/** Puts a device on the node with the fewest links, as the fleet is before anything happens. */
	settle(device: number): void {
		this.#hold(device, this.#fewestLinks());
	}

	/** The link of a device was cut. */
	release(device: number): void {
		const index = this.#memberOf[device]!;
		if (index >= 0) {
			this.#members[index]!.links -= 1;
			this.#memberOf[device] = -1;
		}
	}

	/** Replaces the nodes that have been there longest. Returns the devices whose links went with them. */
	replace(nodes: number, nowMs: number): number[] {
		const replaced = new Set<number>();
		for (let i = 0; i < nodes; i++) {
			replaced.add(this.#oldest);
			this.#members[this.#oldest]!.door = this.#fresh(nowMs);
			this.#oldest = (this.#oldest + 1) % this.#members.length;
		}
		const cut: number[] = [];
		this.#memberOf.forEach((index, device) => {
			if (replaced.has(index)) {
				cut.push(device);
				this.release(device);
			}
		});
		return cut;
	}

	#hold(device: number, index: number): void {
		this.#memberOf[device] = index;
		this.#members[index]!.links += 1;
	}

	#fewestLinks(): number {
		let best = 0;
		for (let i = 1; i < this.#members.length; i++) {
			if (this.#members[i]!.links < this.#members[best]!.links) {
				best = i;
			}
		}
		return best;
	}
}
