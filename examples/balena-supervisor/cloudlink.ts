/**
 * The VPN of a balena device, held by cloudlink-agent inside the supervisor. Written as a file of the supervisor
 * (`src/lib/cloudlink.ts`): module functions, its verbs, its sentences in the log. What it needs of the
 * supervisor is handed in once by `initVPN`, so that it can be read, run and tested without one.
 */
import { promises as fs } from 'fs';

import type { Transport } from 'cloudlink-agent';
import {
	CloudlinkAgent,
	StatusMarker,
	openvpn,
	readConfigJson,
	udp,
	watchConfigJson,
	watchNetwork,
	websocket,
} from 'cloudlink-agent';

/**
 * - `attach`: the OS goes on running `openvpn.service`, and the agent says when it may dial. Its scripts keep the marker.
 * - `own`: the agent runs openvpn itself, with the configuration that the cloud hands out.
 * - `native`: the agent carries the tunnel itself, over WebSocket or UDP.
 */
export type VPNLink = 'attach' | 'own' | 'native';

export interface VPNHost {
	/** The supervisor's own: `import log from './supervisor-console'`. */
	log: Record<'debug' | 'info' | 'warn' | 'error', (message: string) => void>;
	/** The supervisor's own: `import * as dbus from './dbus'`. Only `attach` uses them. */
	startUnit: (unit: string) => Promise<void>;
	stopUnit: (unit: string) => Promise<void>;
	link: VPNLink;
	/** `/mnt/boot/config.json`, as the supervisor sees it. */
	configPath: string;
	/** `constants.vpnStatusPath`: the folder of the marker. */
	vpnStatusPath: string;
	/** What the cloud may reach on the device. */
	servicePorts: number[];
	/** Where pacing's memory is kept, on the data partition. */
	statePath?: string;
	/** For `attach`; see the drop-in. */
	managementSocket?: string;
	/** For `own`. */
	openvpnConfig?: string;
	/** For `native` on a bench: without TLS. */
	insecure?: boolean;
}

const VPN_UNIT = 'openvpn.service';

let host: VPNHost;
let agent: CloudlinkAgent | undefined;
let release: Array<() => void> = [];
/** Switches take turns: the state engine may ask again before the last one is through. */
let switching: Promise<void> = Promise.resolve();

export const initVPN = (needs: VPNHost): void => {
	host = needs;
};

const transports = (): Transport[] => {
	switch (host.link) {
		case 'attach':
			return [openvpn({ attach: host.managementSocket! })];
		case 'own':
			return [openvpn({ protocol: 'tcp', config: host.openvpnConfig! })];
		case 'native':
			return [websocket({ insecure: host.insecure }), udp()];
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
	started.on('retry', ({ delayMs, reason }) => {
		log.debug(`VPN waits ${Math.round(delayMs / 1000)} s: ${reason}`);
	});
	started.on('warning', (warning) => {
		log.warn(warning.message);
	});
};

const startAgent = async (): Promise<void> => {
	const { log, configPath } = host;
	const config = await readConfigJson(configPath);
	const nodesOf = ({ vpnEndpoint, vpnPort = 443 }: typeof config) =>
		host.link === 'attach' || !vpnEndpoint ? [] : [`${vpnEndpoint}:${vpnPort}`];
	const deviceOf = ({ uuid, deviceApiKey: key }: typeof config) => ({
		uuid: uuid!,
		key,
	});

	const started = new CloudlinkAgent({
		device: deviceOf(config),
		nodes: nodesOf(config),
		transports: transports(),
		services: host.servicePorts.map((port) => ({ port })),
		state: host.statePath ? { path: host.statePath } : undefined,
	});
	tell(started);
	// The supervisor watches the folder of the marker: only the file may come and go.
	if (host.link !== 'attach') {
		const marker = new StatusMarker({
			path: `${host.vpnStatusPath}/active`,
			onProblem: (problem) => {
				log.error(`Could not keep the VPN status: ${problem.message}`);
			},
		});
		release.push(marker.follow(started));
	}
	const watch = watchConfigJson({
		current: config,
		onChange: ({ config: changed }) => {
			started.update({ device: deviceOf(changed), nodes: nodesOf(changed) });
		},
		onProblem: (problem) => {
			log.warn(`Ignoring a change of config.json: ${problem.message}`);
		},
	});
	release.push(() => {
		watch.close();
	});
	agent = started;
	await started.start();
	if (agent === started) {
		const network = watchNetwork({ agent: started });
		release.push(() => {
			network.close();
		});
	}
};

const stopAgent = async (): Promise<void> => {
	const stopped = agent;
	agent = undefined;
	await stopped?.stop({ graceMs: 5000 });
	release.forEach((undo) => {
		undo();
	});
	release = [];
};

const switchVPN = async (enable: boolean): Promise<void> => {
	const { log, link } = host;
	if (enable === (await isVPNEnabled())) {
		return;
	}
	if (enable) {
		// The unit first: openvpn stands at its hold until the agent attaches.
		if (link === 'attach') {
			await host.startUnit(VPN_UNIT);
		}
		await startAgent();
	} else {
		await stopAgent();
		if (link === 'attach') {
			await host.stopUnit(VPN_UNIT);
		}
	}
	log.info(`VPN is ${enable ? 'enabled' : 'disabled'}.`);
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

/** Whether it is meant to be up. */
export const isVPNEnabled = async (): Promise<boolean> =>
	await Promise.resolve(agent !== undefined);

/**
 * Unlike the switch by D-Bus, this resolves when it is done; so it need not be limited to once an hour. A failure is
 * logged and thrown, and leaves the VPN off.
 */
export const setVPNEnabled = async (enable: boolean): Promise<void> => {
	const turn = switching.then(async () => {
		try {
			await switchVPN(enable);
		} catch (error) {
			await stopAgent();
			host.log.error(`Could not switch the VPN: ${(error as Error).message}`);
			throw error;
		}
	});
	switching = turn.catch(() => undefined);
	await turn;
};

/** Applies `SUPERVISOR_VPN_CONTROL` as device-config.ts reads it: on, unless it is false. */
export const applyVPNControl = async (
	value: string | undefined,
): Promise<void> => {
	const off = ['0', 'false', 'off'].includes((value ?? '').toLowerCase());
	await setVPNEnabled(!off);
};

/** For the supervisor's own health report and `GET /v2/device/vpn`. */
export const getVPNStatus = async () => ({
	vpn: { enabled: await isVPNEnabled(), connected: await isVPNActive() },
});
