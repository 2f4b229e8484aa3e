/**
 * The VPN of a balena device, paced by cloudlink-agent inside the supervisor. Written as a file of the supervisor
 * (`src/lib/cloudlink.ts`): module functions, its verbs, its sentences in the log. What it needs of the
 * supervisor is handed in once by `initVPN`, so that it can be read, run and tested without one.
 *
 * systemd's word on `openvpn.service` is the truth, as it is in the stock supervisor: the agent is there while the unit
 * runs, and nothing here starts a unit by itself. Nothing here throws at the supervisor's start or end.
 */
import { promises as fs } from 'fs';

import {
	ProgressWatch,
	StatusMarker,
	readConfigJson,
	watchConfigJson,
	watchNetwork,
	type DeviceConfig,
} from 'cloudlink-agent/host';
import { CloudlinkAgent, openvpn } from 'cloudlink-agent/openvpn-attached';

import { putVPNKey } from './cloudlink-credentials.js';

export interface VPNHost {
	/** `import log from './supervisor-console'` */
	log: Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>;
	/** `import * as dbus from './dbus'`: they append `.service` to the name. */
	dbus: {
		startService(name: string): Promise<void>;
		stopService(name: string): Promise<void>;
		serviceActiveState(name: string): Promise<string>;
	};
	/** `import { checkTruthy } from './validation'` */
	checkTruthy: (value: unknown) => boolean;
	/** `constants.configJsonPath` */
	configPath: string;
	/** `constants.vpnStatusPath`: the folder of the marker. */
	vpnStatusPath: string;
	/** `constants.rootMountPoint` and then `/run/cloudlink-openvpn/management.sock`; see the drop-in. */
	managementSocket?: string;
	/**
	 * What openvpn logs in with: `constants.rootMountPoint` and then `/var/volatile/vpn-auth`, and `() => config.get('currentApiKey')`.
	 * Without it a key that changes reaches openvpn at the next boot.
	 */
	credentials?: {
		path: string;
		currentApiKey: () => Promise<string | undefined>;
	};
	/** Where pacing's memory is kept: beside `constants.databasePath`. */
	statePath?: string;
	/**
	 * For hosts without `openvpn.service`, never for balenaOS: makes the agent that dials in its place. By default the OS goes on
	 * running openvpn, whose scripts keep the marker, and the agent says when it may dial.
	 */
	makeAgent?: (config: DeviceConfig) => CloudlinkAgent;
	/** How often systemd is asked how the unit is. @default 5000 */
	pollMs?: number;
}

/** Without `.service`: `dbus.ts` appends it. */
const VPN_SERVICE = 'openvpn';
/** How long systemd may take to do what it was asked for; what comes later is seen by the next poll. */
const SWITCH_MS = 10_000;
/** Docker kills the supervisor 10 s after it asked it to end. */
const FAREWELL_MS = 7000;

let host: VPNHost;
let agent: CloudlinkAgent | undefined;
let progress: ProgressWatch | undefined;
let release: Array<() => void> = [];
/** Whether it is to be up, where there is no unit to ask. */
let wanted = false;
/** What was last said about why there is no agent. */
let complained: string | undefined;
let poll: NodeJS.Timeout | undefined;
/** Switches and polls take turns. */
let turn: Promise<void> = Promise.resolve();

const isAttached = () => !host.makeAgent;

export const initVPN = (needs: VPNHost): void => {
	host = needs;
	wanted = false;
	complained = undefined;
};

/** Follows the unit from here on: call it when the supervisor starts. */
export const startVPN = (): void => {
	poll ??= setInterval(() => {
		void inTurn(followUnit);
	}, host.pollMs ?? 5000);
	void inTurn(followUnit);
};

/** Ends the agent; openvpn gets its own pacing back, and an attached link stays up. Call it when the supervisor ends. */
export const stopVPN = async (): Promise<void> => {
	clearInterval(poll);
	poll = undefined;
	let late: NodeJS.Timeout | undefined;
	await Promise.race([
		inTurn(stopAgent),
		new Promise((resolve) => (late = setTimeout(resolve, FAREWELL_MS))),
	]);
	clearTimeout(late);
};

/** Whether the tunnel is up, by the marker that the OS looks at too. As in `src/network.ts`. */
export const isVPNActive = async (): Promise<boolean> => {
	try {
		await fs.lstat(`${host.vpnStatusPath}/active`);
		return true;
	} catch {
		return false;
	}
};

/** Whether it is meant to be up: what systemd says, as in `device-config.ts`. */
export const isVPNEnabled = async (): Promise<boolean> => {
	if (!isAttached()) {
		return wanted;
	}
	try {
		const activeState = await host.dbus.serviceActiveState(VPN_SERVICE);
		return !['inactive', 'deactivating'].includes(activeState);
	} catch (e: any) {
		if (isNotLoaded(e)) {
			return false;
		}
		throw e;
	}
};

/**
 * systemd has no such unit in memory, as after the stop of one that nothing wants. The client throws an `Error` (`@balena/systemd` 0.5), and
 * `UnitNotLoadedError` of `./errors` looks for a list of texts.
 */
const isNotLoaded = (e: any): boolean =>
	`${e?.message ?? e?.[0]}`.endsWith('not loaded.');

/** As in `device-config.ts`, and resolves when systemd has done it. */
export const setVPNEnabled = async (
	value: string | boolean = true,
): Promise<void> => {
	const enable = host.checkTruthy(value);
	await inTurn(async () => {
		wanted = enable;
		if (isAttached()) {
			await switchUnit(enable);
		}
		await followUnit();
	});
};

/** One for the supervisor's list of health checks: whether the agent works, connected or not. */
export const healthcheck = async (): Promise<boolean> => {
	const verdict = progress?.verdict;
	if (verdict?.ok === false) {
		host.log.info(`Healthcheck failure - VPN: ${verdict.reason}`);
	}
	return await Promise.resolve(verdict?.ok ?? true);
};

const inTurn = async (work: () => Promise<void>): Promise<void> => {
	const mine = turn.then(work);
	turn = mine.catch(() => undefined);
	await mine;
};

const switchUnit = async (enable: boolean): Promise<void> => {
	const { dbus } = host;
	if (enable) {
		// The agent first, so that openvpn waits for its word from the first attempt on.
		await startAgent();
		await dbus.startService(VPN_SERVICE);
	} else {
		await dbus.stopService(VPN_SERVICE);
	}
	const untilMs = performance.now() + SWITCH_MS;
	while ((await isVPNEnabled()) !== enable && performance.now() < untilMs) {
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
};

/** Starts or ends the agent as the unit has been started or stopped, by whomever. Never throws. */
const followUnit = async (): Promise<void> => {
	try {
		const enabled = await isVPNEnabled();
		if (enabled && !agent) {
			await startAgent();
		} else if (!enabled && agent) {
			await stopAgent();
		}
	} catch (e) {
		complain(`Could not look after the VPN: ${(e as Error).message}`);
	}
};

/** The same thing is said once, not every few seconds. */
const complain = (message: string | undefined): void => {
	if (message !== undefined && message !== complained) {
		host.log.warn(message);
	}
	complained = message;
};

/** Does nothing, and is asked again, while the device is not provisioned or its configuration cannot be used. */
const startAgent = async (): Promise<void> => {
	if (agent) {
		return;
	}
	try {
		const config = await readConfigJson(host.configPath);
		if (!config.uuid) {
			complain('The VPN waits for the device to be provisioned.');
			return;
		}
		await renewCredentials();
		agent = (host.makeAgent ?? attachedAgent)(config);
		tell(agent);
		keepMarker(agent);
		await agent.start();
		watch(agent, config);
		complain(undefined);
	} catch (e) {
		await stopAgent();
		complain(`Could not start the VPN's agent: ${(e as Error).message}`);
	}
};

const stopAgent = async (): Promise<void> => {
	const stopped = agent;
	agent = undefined;
	release.forEach((undo) => {
		undo();
	});
	release = [];
	await stopped?.stop();
};

const deviceOf = ({ uuid, deviceApiKey: key }: DeviceConfig) => ({
	uuid: uuid!,
	key,
});

const attachedAgent = (config: DeviceConfig): CloudlinkAgent =>
	new CloudlinkAgent({
		device: deviceOf(config),
		transports: [openvpn({ attach: host.managementSocket! })],
		state: host.statePath ? { path: host.statePath } : undefined,
	});

/** Puts the key that the supervisor has now where openvpn reads it. Never throws. */
const renewCredentials = async (): Promise<void> => {
	const { credentials, configPath, log } = host;
	if (!credentials || !isAttached()) {
		return;
	}
	try {
		const { uuid } = await readConfigJson(configPath);
		const key = await credentials.currentApiKey();
		if (uuid && key && (await putVPNKey(credentials.path, uuid, key))) {
			log.info('The VPN has another key from now on.');
		}
	} catch (e) {
		log.warn(`Could not renew the VPN's key: ${(e as Error).message}`);
	}
};

const tell = (started: CloudlinkAgent): void => {
	const { log } = host;
	started.on('up', ({ node, transport }) => {
		log.info(`VPN connection is active (${node} over ${transport}).`);
	});
	started.on('down', ({ outcome }) => {
		log.info(`VPN connection is not active: ${outcome.message}`);
	});
	started.on('retry', ({ at, reason, outcome }) => {
		log.debug(`VPN waits until ${new Date(at).toISOString()}: ${reason}`);
		if (outcome.kind === 'rejected') {
			// Openvpn reads its key afresh for the next attempt.
			void inTurn(renewCredentials);
		}
	});
	started.on('warning', (warning) => {
		log.warn(warning.message);
	});
};

/** Where OpenVPN's scripts do not. The supervisor watches the folder: only the file may come and go. */
const keepMarker = (started: CloudlinkAgent): void => {
	if (!isAttached()) {
		const marker = new StatusMarker({
			path: `${host.vpnStatusPath}/active`,
			onProblem: (problem) => {
				host.log.error(`Could not keep the VPN status: ${problem.message}`);
			},
		});
		release.push(marker.follow(started));
	}
};

/** What changes around the agent: the configuration, the network, the clock. As the daemon does. */
const watch = (started: CloudlinkAgent, current: DeviceConfig): void => {
	const ignore = (problem: Error) => {
		host.log.warn(`Ignoring a change of config.json: ${problem.message}`);
	};
	const config = watchConfigJson({
		current,
		onChange: ({ config: changed }) => {
			void inTurn(async () => {
				await renewCredentials();
				try {
					started.update({ device: deviceOf(changed) });
				} catch (e) {
					ignore(e as Error);
				}
			});
		},
		onProblem: ignore,
	});
	const network = watchNetwork({
		agent: started,
		onNetwork: ({ reason }) => {
			host.log.debug(reason);
		},
		onClock: (reason) => {
			host.log.debug(reason);
		},
	});
	const looks = new ProgressWatch(started);
	progress = looks;
	release.push(() => {
		config.close();
		network.close();
		looks.close();
		progress = undefined;
	});
};
