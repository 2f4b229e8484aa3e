import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { CloudlinkAgent, openvpn } from '../../../src/index.js';
import { systemClock } from '../../../src/runtime/index.js';
import { OpenvpnProcess } from '../../../src/transports/openvpn/child.js';
import { ForeignOpenvpn, holdFlags } from '../../support/openvpn-foreign.js';
import { NO_TUN } from '../../support/openvpn-server.js';

/** Real openvpn clients of one kind, seen from their own side. */
export interface DoorFleet {
	/** How many have a link. */
	live(): number;
	attempts(): number;
	resetAttempts(): void;
	stop(): Promise<void>;
}

export interface DoorFleetOptions {
	readonly uuids: readonly string[];
	/** As the cloud hands it out. */
	readonly config: string;
	/** For credential files. */
	readonly directory: string;
}

const KEY = 'bench-key';

/** systemd starts an openvpn that ended after this long (balenaOS's unit). */
const RESTART_MS = 10_000;

/** What is counted of a fleet. */
class Tally implements Omit<DoorFleet, 'stop'> {
	readonly #live = new Set<string>();
	#attempts = 0;

	live = () => this.#live.size;
	attempts = () => this.#attempts;
	resetAttempts = () => {
		this.#attempts = 0;
	};
	attempt = () => {
		this.#attempts++;
	};
	up = (uuid: string) => this.#live.add(uuid);
	down = (uuid: string) => this.#live.delete(uuid);

	/** Follows openvpn's own log. */
	readonly read = (uuid: string, line: string): string => {
		if (line.includes('Attempting to establish TCP connection')) {
			this.attempt();
		} else if (line.includes('Initialization Sequence Completed')) {
			this.up(uuid);
		} else if (/process restarting|process exiting/.test(line)) {
			this.down(uuid);
		}
		return line;
	};
}

function withCredentials(
	{ config, directory }: DoorFleetOptions,
	uuid: string,
): string {
	const file = join(directory, uuid);
	writeFileSync(file, `${uuid}\n${KEY}\n`, { mode: 0o600 });
	return config.replace('/var/volatile/vpn-auth', file);
}

/** As balenaOS starts it: the process paces itself, and systemd starts it again when it ends. */
export function stockClients(options: DoorFleetOptions): Promise<DoorFleet> {
	const tally = new Tally();
	const running = new Map<string, OpenvpnProcess>();
	let stopped = false;
	const start = (uuid: string) => {
		const process = new OpenvpnProcess({
			binary: 'openvpn',
			configuration: [
				withCredentials(options, uuid),
				'connect-retry 5 120',
				...NO_TUN,
				'',
			].join('\n'),
			clock: systemClock,
			clean: (line) => tally.read(uuid, line),
		});
		running.set(uuid, process);
		void process.ended.then(() => {
			tally.down(uuid);
			if (!stopped) {
				setTimeout(() => {
					if (!stopped) {
						start(uuid);
					}
				}, RESTART_MS);
			}
		});
	};
	options.uuids.forEach(start);
	const killAll = () => {
		for (const { pid } of running.values()) {
			process.kill(pid!, 'SIGKILL');
		}
	};
	process.once('exit', killAll);
	return Promise.resolve(
		Object.assign(tally, {
			stop: async () => {
				stopped = true;
				process.off('exit', killAll);
				for (const one of running.values()) {
					one.terminate();
				}
				await Promise.all([...running.values()].map(({ ended }) => ended));
			},
		}),
	);
}

function follow(agent: CloudlinkAgent, uuid: string, tally: Tally): void {
	agent.on('up', () => tally.up(uuid));
	agent.on('down', () => tally.down(uuid));
}

/** Under our agent, everything at its default. */
export async function owningAgents({
	uuids,
	config,
}: DoorFleetOptions): Promise<DoorFleet> {
	const tally = new Tally();
	const agents = uuids.map((uuid) => {
		const agent = new CloudlinkAgent({
			device: { uuid, key: KEY },
			transports: [openvpn({ config, directives: NO_TUN })],
		});
		follow(agent, uuid, tally);
		agent.on('attempt', tally.attempt);
		return agent;
	});
	await Promise.all(agents.map((agent) => agent.start()));
	return Object.assign(tally, {
		stop: async () => {
			await Promise.all(agents.map((agent) => agent.stop()));
		},
	});
}

/** Beside an openvpn that somebody else runs. */
export async function attachedAgents(
	options: DoorFleetOptions,
): Promise<DoorFleet> {
	const tally = new Tally();
	const flags = holdFlags();
	const clients = options.uuids.map(
		(uuid) =>
			new ForeignOpenvpn(
				[
					withCredentials(options, uuid),
					'connect-retry 5 120',
					...flags,
					...NO_TUN,
				],
				'openvpn',
				(line) => {
					if (line.includes('Attempting to establish TCP connection')) {
						tally.attempt();
					}
					return line;
				},
			),
	);
	const agents = options.uuids.map((uuid, index) => {
		const agent = new CloudlinkAgent({
			device: { uuid },
			transports: [openvpn({ attach: clients[index]!.socket })],
		});
		follow(agent, uuid, tally);
		return agent;
	});
	await Promise.all(agents.map((agent) => agent.start()));
	return Object.assign(tally, {
		stop: async () => {
			await Promise.all(agents.map((agent) => agent.stop()));
			await Promise.all(clients.map((client) => client.stop()));
		},
	});
}
