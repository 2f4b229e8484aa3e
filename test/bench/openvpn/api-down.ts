/**
 * The API behind the logins is down: every login is refused at once, and no reason is given. Real openvpn clients behind a server that
 * behaves as open-balena-vpn, all cut as it goes; when they are back, counted from its return.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { until, withConnectedFleets } from './doors.js';

export interface ApiRow {
	readonly fleet: string;
	/** From the API's return until half and all of them were back; undefined where they were not. */
	readonly t50: number | undefined;
	readonly t100: number | undefined;
	readonly back: number;
	/** Of each device, from the cut to the end. */
	readonly attempts: number;
}

/** Fast enough to hold nobody up. */
const OPEN = { kind: 'queue', perSecond: 1000 } as const;

export async function measureApiDown(
	devices: number,
	downSeconds: number,
	giveUpSeconds: number,
): Promise<ApiRow[]> {
	return await withConnectedFleets(
		devices,
		async (parts) =>
			await Promise.all(
				parts.map(async ({ name, vpn, balancer, fleet }) => {
					fleet.resetAttempts();
					vpn.api('down');
					await balancer.restart(OPEN);
					await sleep(downSeconds * 1000);
					vpn.api('up');
					const upMs = performance.now();
					const since = () => (performance.now() - upMs) / 1000;
					const half = await until(
						() => fleet.live() >= devices / 2,
						giveUpSeconds * 1000,
					);
					const t50 = half ? since() : undefined;
					const all = await until(
						() => fleet.live() === devices,
						(giveUpSeconds - since()) * 1000,
					);
					return {
						fleet: name,
						t50,
						t100: all ? since() : undefined,
						back: fleet.live(),
						attempts: fleet.attempts() / devices,
					};
				}),
			),
	);
}
