import { CloudlinkError } from '../errors.js';
import { LONGEST_HINT_MS } from '../hint.js';
import { clientId } from './client-id.js';

/** Devices take nothing longer (see `docs/protocol.md`). */
const LONGEST_SECONDS = LONGEST_HINT_MS / 1000;

function checked(value: number, name: string, least: number): number {
	if (!(value >= least)) {
		throw new CloudlinkError(
			'ERR_CLOUDLINK_INVALID_OPTION',
			`\`${name}\` must be a number, ${least === 0 ? 'at least 0' : 'above 0'}.`,
		);
	}
	return value;
}

/** Up to whole seconds; 200 and 10 % of it are 220, whatever binary fractions make of it. */
const roundedUp = (seconds: number) => Math.ceil(seconds - 1e-9);

/** As devices read it: whole seconds, a day at most. */
const written = (seconds: number, name: string) =>
	String(Math.min(LONGEST_SECONDS, roundedUp(checked(seconds, name, 0))));

/**
 * The window that so many devices need to come back, in whole seconds, from 1 to a day: what to give {@link echo} and
 * {@link clientKill}.
 *
 * @param devices that would be cut at once
 * @param perSecond logins a second that are left to take them
 * @param margin what is added, as a share: too long costs the last device that share, too short costs all of them a
 * second attempt. @default 0.1
 */
export function windowSeconds(
	devices: number,
	perSecond: number,
	margin = 0.1,
): number {
	const seconds =
		(checked(devices, 'devices', 0) /
			checked(perSecond, 'perSecond', Number.MIN_VALUE)) *
		(1 + checked(margin, 'margin', 0));
	return Math.min(LONGEST_SECONDS, Math.max(1, roundedUp(seconds)));
}

/**
 * The line that tells devices at their connect the window for the next loss, for openvpn's configuration or, for one
 * device, between `client-auth CID KID` and `END`. Clients without an agent ignore it.
 *
 * @param window seconds; 0 takes back what was told before
 */
export function echo(window: number): string {
	return `push "echo cloudlink reconnect-window=${written(window, 'window')}"`;
}

/** How {@link clientKill} sends a device away. */
export interface ClientKillOptions {
	/** The time that devices are asked to come back within. @default the one that they heard at their connect */
	readonly windowSeconds?: number;
	/** Go to the next remote, or node (openvpn's `[N]`). @default false */
	readonly goElsewhere?: boolean;
	/** A client without an agent keeps its password (openvpn's `[P]`), which one that cannot ask for it again needs. @default true */
	readonly keepPassword?: boolean;
}

/**
 * The management command that asks one client to reconnect, and when. A client without an agent reconnects as it does
 * after a reset.
 *
 * @param cid of `status 2` or `>CLIENT:CONNECT`
 */
export function clientKill(
	cid: number | string,
	options: ClientKillOptions = {},
): string {
	const { windowSeconds: window, goElsewhere, keepPassword = true } = options;
	const flags = `${keepPassword ? 'P' : ''}${goElsewhere ? 'N' : ''}`;
	const message = [
		flags && `[${flags}]`,
		window !== undefined && `window=${written(window, 'windowSeconds')}`,
	]
		.filter(Boolean)
		.join('');
	return `client-kill ${clientId(cid)} "RESTART${message && `,${message}`}"`;
}
