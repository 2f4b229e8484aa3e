/**
 * What a fleet of real openvpn clients needs to come back behind a server that behaves as open-balena-vpn, when the HAProxy in front
 * of it is killed and comes back with a limit: stock clients, agents that run openvpn, and agents that are attached to one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { BalenaVpn } from '../../support/openvpn-balena.js';
import { Balancer, type DoorLimit } from '../../support/openvpn-haproxy.js';
import {
	attachedAgents,
	owningAgents,
	stockClients,
	type DoorFleet,
	type DoorFleetOptions,
} from './door-fleets.js';

export interface DoorRow {
	readonly door: string;
	readonly fleet: string;
	readonly back: number;
	/** Until the last one is back; undefined where not all are. */
	readonly seconds: number | undefined;
	readonly attempts: number;
}

const FLEETS: Readonly<
	Record<string, (options: DoorFleetOptions) => Promise<DoorFleet>>
> = {
	stock: stockClients,
	'agent, owned': owningAgents,
	'agent, attached': attachedAgents,
};

const CONNECT_MS = 120_000;
/** Links must have proved stable before they are cut: the agent's default is 30 s. */
const SETTLE_MS = 32_000;

export async function until(
	holds: () => boolean,
	withinMs: number,
): Promise<boolean> {
	const endMs = performance.now() + withinMs;
	while (!holds() && performance.now() < endMs) {
		await sleep(20);
	}
	return holds();
}

export interface ConnectedFleet {
	readonly name: string;
	readonly vpn: BalenaVpn;
	readonly balancer: Balancer;
	readonly fleet: DoorFleet;
}

/** All fleets, each with a server and a balancer of its own, linked for long enough to be stable; ends them afterwards. */
export async function withConnectedFleets<T>(
	devices: number,
	work: (fleets: readonly ConnectedFleet[]) => Promise<T>,
): Promise<T> {
	const uuids = Array.from({ length: devices }, (_, i) => `device${i}`);
	const directory = mkdtempSync(join(tmpdir(), 'bench-doors-'));
	const parts: ConnectedFleet[] = [];
	try {
		for (const [name, make] of Object.entries(FLEETS)) {
			const vpn = await BalenaVpn.start();
			vpn.keys(Object.fromEntries(uuids.map((uuid) => [uuid, 'bench-key'])));
			const balancer = await Balancer.start(vpn.port);
			const config = vpn.clientConfig(balancer.port);
			const fleet = await make({ uuids, config, directory });
			parts.push({ name, vpn, balancer, fleet });
		}
		for (const { name, fleet } of parts) {
			if (!(await until(() => fleet.live() === devices, CONNECT_MS))) {
				throw new Error(`${name}: only ${fleet.live()} connected at first`);
			}
		}
		await sleep(SETTLE_MS);
		return await work(parts);
	} finally {
		for (const { vpn, balancer, fleet } of parts) {
			await fleet.stop();
			await balancer.stop();
			await vpn.stop();
		}
		rmSync(directory, { recursive: true, force: true });
	}
}

/** All fleets side by side, cut in the same moment. */
export async function measureDoor(
	devices: number,
	limit: Exclude<DoorLimit, { kind: 'none' }>,
	giveUpSeconds: number,
): Promise<DoorRow[]> {
	const door = `${limit.kind === 'queue' ? 'queues' : 'rejects'}, ${limit.perSecond} a second`;
	return await withConnectedFleets(
		devices,
		async (parts) =>
			await Promise.all(
				parts.map(async ({ name, balancer, fleet }) => {
					fleet.resetAttempts();
					const cutMs = performance.now();
					await balancer.restart(limit);
					await until(() => fleet.live() === 0, 10_000);
					const all = await until(
						() => fleet.live() === devices,
						giveUpSeconds * 1000,
					);
					return {
						door,
						fleet: name,
						back: fleet.live(),
						seconds: all ? (performance.now() - cutMs) / 1000 : undefined,
						attempts: fleet.attempts() / devices,
					};
				}),
			),
	);
}
