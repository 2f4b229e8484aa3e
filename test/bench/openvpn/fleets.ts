import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CloudlinkAgent } from '../../../src/index.js';
import { systemClock } from '../../../src/runtime/index.js';
import { OpenvpnProcess } from '../../../src/transports/openvpn/child.js';
import { openvpn } from '../../../src/transports/openvpn/index.js';
import { NO_TUN } from '../../support/openvpn-server.js';

/** Real openvpn clients of one kind, all on one node. */
export interface Fleet {
	stop(): Promise<void>;
}

interface FleetOptions {
	readonly devices: number;
	readonly port: number;
	readonly ca: string;
	/** For credential files. */
	readonly directory: string;
	/** Called when a client dials. */
	readonly onAttempt: () => void;
}

/** As balenaOS starts it: the process paces itself. */
export function stockFleet({
	devices,
	port,
	ca,
	directory,
	onAttempt,
}: FleetOptions): Fleet {
	const credentials = join(directory, 'credentials');
	writeFileSync(credentials, 'device\nkey\n', { mode: 0o600 });
	const configuration = [
		'client',
		`remote 127.0.0.1 ${port} tcp4-client`,
		'connect-retry 5 120',
		'resolv-retry infinite',
		'remote-cert-tls server',
		`<ca>\n${ca}</ca>`,
		`auth-user-pass ${credentials}`,
		'nobind',
		'persist-key',
		'persist-tun',
		'verb 3',
		...NO_TUN,
		'',
	].join('\n');
	const processes = Array.from(
		{ length: devices },
		() =>
			new OpenvpnProcess({
				binary: 'openvpn',
				configuration,
				clock: systemClock,
				clean: (line) => {
					if (line.includes('Attempting to establish TCP connection')) {
						onAttempt();
					}
					return line;
				},
			}),
	);
	// Nothing else ends them if the bench is killed.
	const killAll = () => {
		for (const { pid } of processes) {
			process.kill(pid!, 'SIGKILL');
		}
	};
	process.once('exit', killAll);
	return {
		stop: async () => {
			process.off('exit', killAll);
			for (const one of processes) {
				one.terminate();
			}
			await Promise.all(processes.map(({ ended }) => ended));
		},
	};
}

/** Under our agent, with everything at its default. */
export async function agentFleet({
	devices,
	port,
	ca,
	onAttempt,
}: FleetOptions): Promise<Fleet> {
	const agents = Array.from(
		{ length: devices },
		(_, index) =>
			new CloudlinkAgent({
				device: { uuid: `device${index}`, key: 'bench-key' },
				nodes: [`127.0.0.1:${port}`],
				transports: [openvpn({ ca, directives: NO_TUN })],
			}),
	);
	for (const agent of agents) {
		agent.on('attempt', onAttempt);
	}
	await Promise.all(agents.map((agent) => agent.start()));
	return {
		stop: async () => {
			await Promise.all(agents.map((agent) => agent.stop()));
		},
	};
}
