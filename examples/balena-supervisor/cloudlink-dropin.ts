/**
 * Puts the drop-in for `openvpn.service` on a host whose OS does not bring it (`src/lib/cloudlink-dropin.ts`). It lies in
 * /run, the only place where a unit can be changed on a read-only root, and is gone with the next boot: so the
 * supervisor puts it there at each of its starts.
 */
import { promises as fs } from 'fs';
import path from 'path';

import { GUARD, HELPER } from './cloudlink-dropin-files.js';

/** Where units of the OS are, the newer place first. */
const OS_UNITS = ['usr/lib/systemd/system', 'lib/systemd/system'];
const RUN_UNITS = 'run/systemd/system';
const DROPIN = 'openvpn.service.d/cloudlink.conf';
const GUARD_UNIT = 'cloudlink-openvpn-guard.service';
/** Not in the RuntimeDirectory of a unit, which systemd may remove. */
const HELPER_FOLDER = 'run/cloudlink-openvpn-helper';
export const MANAGEMENT_SOCKET = 'run/cloudlink-openvpn/management.sock';

/** The drop-in for a unit: what it runs stays as it is in this version of the OS. */
export const dropInFor = (unit: string): string | undefined => {
	const [, command] =
		/^ExecStart=(.*openvpn .*)$/m.exec(unit.replace(/\\\n/g, ' ')) ?? [];
	return command === undefined
		? undefined
		: `[Unit]
Wants=${GUARD_UNIT}

[Service]
RuntimeDirectory=cloudlink-openvpn
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
Environment=CLOUDLINK_FLAGS=
ExecStartPre=-/bin/sh /${HELPER_FOLDER}/helper.sh prepare
EnvironmentFile=-/run/cloudlink-openvpn/flags
ExecStart=
ExecStart=${command} $CLOUDLINK_FLAGS
ExecStopPost=-/bin/rm -f /run/openvpn/vpn_status/active
`;
};

const read = async (file: string): Promise<string | undefined> =>
	await fs.readFile(file, 'utf8').catch(() => undefined);

const firstOf = async (files: string[]): Promise<string | undefined> =>
	(await Promise.all(files.map(read))).find((text) => text !== undefined);

/**
 * Resolves with whether the host has the drop-in now. `reloadUnits` is systemd's daemon-reload:
 * `Manager.Reload` at the system bus.
 *
 * @param root - `constants.rootMountPoint`
 */
export const putDropIn = async (
	root: string,
	reloadUnits: () => Promise<void>,
): Promise<boolean> => {
	const inOS = (name: string) =>
		firstOf(OS_UNITS.map((folder) => path.join(root, folder, name)));
	if ((await inOS(DROPIN)) !== undefined) {
		return true;
	}
	const dropIn = dropInFor((await inOS('openvpn.service')) ?? '');
	if (dropIn === undefined) {
		return false;
	}
	const here = `/${HELPER_FOLDER}/helper.sh`;
	const files: Array<[name: string, text: string]> = [
		[`${HELPER_FOLDER}/helper.sh`, HELPER],
		[
			`${RUN_UNITS}/${GUARD_UNIT}`,
			GUARD.replace('/usr/lib/cloudlink-openvpn/helper.sh', here),
		],
		// Last: it names the others.
		[`${RUN_UNITS}/${DROPIN}`, dropIn],
	];
	let hasChanged = false;
	for (const [name, text] of files) {
		const file = path.join(root, name);
		if ((await read(file)) !== text) {
			hasChanged = true;
			await fs.mkdir(path.dirname(file), { recursive: true });
			// Renamed into place: systemd may read at any moment.
			await fs.writeFile(`${file}.new`, text, { mode: 0o644 });
			await fs.rename(`${file}.new`, file);
		}
	}
	if (hasChanged) {
		await reloadUnits();
	}
	return true;
};

/** Nobody has come in over a tunnel so soon after a boot. */
const FRESH_BOOT_MS = 10 * 60_000;

/**
 * When openvpn.service may be restarted once, so that the drop-in takes effect; undefined: not while this link lives, since
 * somebody may work over it. Spread, since each start of the unit asks the API for the configuration, and a
 * fleet boots, or loses its links, at one moment.
 */
export const restartDelayMs = (
	isLinkUp: boolean,
	uptimeMs: number,
	random: () => number = Math.random,
): number | undefined =>
	isLinkUp && uptimeMs > FRESH_BOOT_MS
		? undefined
		: random() * (isLinkUp ? 5 * 60_000 : 60_000);

/** Restarts the unit once it harms nobody; resolves when the drop-in is in effect, or the signal ends it. */
export const adoptOpenvpn = async (needs: {
	root: string;
	isVPNActive: () => Promise<boolean>;
	isVPNEnabled: () => Promise<boolean>;
	restart: () => Promise<void>;
	uptimeMs: () => number;
	random?: () => number;
	pollMs?: number;
	signal: AbortSignal;
}): Promise<void> => {
	const { root, signal, pollMs = 5000 } = needs;
	const socket = path.join(root, MANAGEMENT_SOCKET);
	const isAdopted = async () =>
		await fs.stat(socket).then(
			() => true,
			() => false,
		);
	let dueMs: number | undefined;
	while (!signal.aborted && !(await isAdopted())) {
		const isLinkUp = await needs.isVPNActive();
		const delayMs = restartDelayMs(isLinkUp, needs.uptimeMs(), needs.random);
		dueMs =
			delayMs === undefined ? undefined : (dueMs ?? needs.uptimeMs() + delayMs);
		if (dueMs !== undefined && needs.uptimeMs() >= dueMs) {
			dueMs = undefined;
			// A unit that is off gets the drop-in when it is switched on.
			if (await needs.isVPNEnabled()) {
				await needs.restart();
			}
		}
		await new Promise((resolve) => setTimeout(resolve, pollMs));
	}
};
