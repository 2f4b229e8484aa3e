/** Stands for balena-supervisor: `systemctl` in place of its D-Bus client, and the wiring that docs/supervisor.md shows. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import {
	initVPN,
	isVPNActive,
	isVPNEnabled,
	startVPN,
	stopVPN,
} from '../../../examples/balena-supervisor/cloudlink.js';
import {
	adoptOpenvpn,
	putDropIn,
} from '../../../examples/balena-supervisor/cloudlink-dropin.js';

const systemctl = async (...words: string[]): Promise<string> =>
	(await promisify(execFile)('systemctl', words)).stdout.trim();
const log = (message: string) => {
	console.log(message);
};
const root = '/mnt/root';

initVPN({
	log: { debug: log, info: log, warn: log, error: log },
	dbus: {
		startService: async (name) => {
			await systemctl('--no-block', 'start', `${name}.service`);
		},
		stopService: async (name) => {
			await systemctl('--no-block', 'stop', `${name}.service`);
		},
		serviceActiveState: async (name) =>
			await systemctl(
				...['show', '--value', '--property', 'ActiveState'],
				`${name}.service`,
			),
	},
	checkTruthy: (value) => value === 'true',
	configPath: '/mnt/boot/config.json',
	vpnStatusPath: `${root}/run/openvpn/vpn_status`,
	managementSocket: `${root}/run/cloudlink-openvpn/management.sock`,
	statePath: '/mnt/data/cloudlink.json',
});
startVPN();
process.on('SIGTERM', () => {
	void stopVPN().finally(() => process.exit(143));
});

if (
	await putDropIn(root, async () => {
		await systemctl('daemon-reload');
	})
) {
	await adoptOpenvpn({
		root,
		isVPNActive,
		isVPNEnabled,
		restart: async () => {
			log('openvpn.service is restarted, for the drop-in.');
			await systemctl('--no-block', 'restart', 'openvpn.service');
		},
		// A container boots with this process, not with its kernel.
		uptimeMs: () => performance.now(),
		random: () => 0,
		signal: new AbortController().signal,
	});
	log('The drop-in is in effect.');
}
