import type { MockLink } from './link.js';

/** How many devices are counted one by one; attempts of others show in the totals only. */
const DEVICES_LIMIT = 100_000;

/** What one device did. */
export interface DeviceStats {
	readonly attempts: number;
	readonly accepted: number;
}

/** Counted since the start, over all nodes and carriers. */
export interface MockStats {
	/** Devices that came, whatever became of it; a fault that nobody gets past is not seen. */
	readonly attempts: number;
	/** Links that were made. */
	readonly accepted: number;
	/** Attempts that the limiter turned away. */
	readonly throttled: number;
	/** Attempts whose uuid or key was not accepted. */
	readonly rejected: number;
	/** Devices with a link now. */
	readonly connected: number;
	/** Links now: a device that moves from one to the next has two. */
	readonly links: number;
	/** By uuid; an attempt counts here once the device has said who it is (with 'reset' it cannot). */
	readonly perDevice: Readonly<Record<string, DeviceStats>>;
}

export type Counted = 'attempts' | 'accepted' | 'throttled' | 'rejected';

/** Who is there, on whichever node and carrier, and who was. */
export class Registry {
	/** By uuid, the newest link last. A device without a link has no entry. */
	readonly #links = new Map<string, MockLink[]>();
	readonly #devices = new Map<string, { attempts: number; accepted: number }>();
	readonly #totals = { attempts: 0, accepted: 0, throttled: 0, rejected: 0 };

	count(what: Counted): void {
		this.#totals[what]++;
	}

	countDevice(uuid: string, what: keyof DeviceStats): void {
		let device = this.#devices.get(uuid);
		if (!device && this.#devices.size < DEVICES_LIMIT) {
			device = { attempts: 0, accepted: 0 };
			this.#devices.set(uuid, device);
		}
		if (device) {
			device[what]++;
		}
	}

	add(link: MockLink): void {
		const links = this.#links.get(link.uuid) ?? [];
		this.#links.set(link.uuid, [...links, link]);
	}

	remove(link: MockLink): void {
		const left = this.#links.get(link.uuid)?.filter((one) => one !== link);
		if (left && left.length > 0) {
			this.#links.set(link.uuid, left);
		} else {
			this.#links.delete(link.uuid);
		}
	}

	/** Whether this device was ever let in. */
	knows(uuid: string): boolean {
		return (this.#devices.get(uuid)?.accepted ?? 0) > 0;
	}

	/** All links of a device, the newest last. */
	of(uuid: string): readonly MockLink[] {
		return this.#links.get(uuid) ?? [];
	}

	/** The link through which a device is reached: the newest that takes streams. */
	newest(uuid: string): MockLink | undefined {
		return this.of(uuid).findLast((link) => link.takesStreams);
	}

	stats(): MockStats {
		let links = 0;
		for (const some of this.#links.values()) {
			links += some.length;
		}
		const perDevice: Record<string, DeviceStats> = {};
		for (const [uuid, device] of this.#devices) {
			perDevice[uuid] = { ...device };
		}
		return {
			...this.#totals,
			connected: this.#links.size,
			links,
			perDevice,
		};
	}
}
