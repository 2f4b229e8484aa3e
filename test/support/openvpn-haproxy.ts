import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from './openvpn-server.js';

/** What stands at the door of the load balancer. */
export type DoorLimit =
	| { readonly kind: 'none' }
	/** Accepts so many a second, and lets the others stand in the kernel's queue: taken, and not answered. */
	| { readonly kind: 'queue'; readonly perSecond: number }
	/** Resets what comes beyond so many a second. */
	| { readonly kind: 'reject'; readonly perSecond: number };

function door(limit: DoorLimit): string {
	switch (limit.kind) {
		case 'none':
			return '';
		case 'queue':
			return `rate-limit sessions ${limit.perSecond}`;
		case 'reject':
			return `tcp-request connection reject if { fe_sess_rate gt ${limit.perSecond} }`;
	}
}

const running = new Set<Balancer>();

/**
 * A real HAProxy as in front of open-balena-vpn: a load balancer with `send-proxy`, which may limit, and behind it the
 * one that runs beside the OpenVPN server.
 */
export class Balancer {
	static async start(
		vpnPort: number,
		limit: DoorLimit = { kind: 'none' },
	): Promise<Balancer> {
		const balancer = new Balancer(
			vpnPort,
			await freePort('tcp'),
			await freePort('tcp'),
		);
		running.add(balancer);
		await balancer.restart(limit);
		return balancer;
	}

	#process: ChildProcess | undefined;
	readonly #directory = mkdtempSync(join(tmpdir(), 'haproxy-'));

	private constructor(
		private readonly vpnPort: number,
		readonly port: number,
		private readonly innerPort: number,
	) {}

	/** Cuts every connection, as a balancer that is killed does. */
	async #cut(child: ChildProcess | undefined): Promise<void> {
		if (child?.exitCode === null && child.signalCode === null) {
			const gone = new Promise((resolve) => child.once('exit', resolve));
			child.kill('SIGKILL');
			await gone;
		}
	}

	/** Another one takes the ports over (both listen for a moment), and then every connection of the first is cut. */
	async restart(limit: DoorLimit): Promise<void> {
		const old = this.#process;
		const file = join(this.#directory, 'haproxy.cfg');
		const socket = join(this.#directory, `stats-${performance.now()}`);
		writeFileSync(file, this.#configuration(limit, socket));
		let said = '';
		this.#process = spawn('haproxy', ['-db', '-f', file], {
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		this.#process.stderr!.on('data', (chunk: Buffer) => {
			said = (said + chunk.toString()).slice(-4000);
		});
		// Not by its door: that would be counted.
		while (!(await answers(socket))) {
			if (this.#process.exitCode !== null) {
				throw new Error(`haproxy did not start: ${said}`);
			}
			await sleep(5);
		}
		await this.#cut(old);
	}

	async stop(): Promise<void> {
		running.delete(this);
		await this.#cut(this.#process);
		rmSync(this.#directory, { recursive: true, force: true });
	}

	#configuration(limit: DoorLimit, socket: string): string {
		return `
global
	maxconn 4000
	stats socket ${socket}
defaults
	mode tcp
	timeout connect 10s
	timeout client 60s
	timeout server 60s
frontend door
	bind 127.0.0.1:${this.port}
	${door(limit)}
	default_backend workers
backend workers
	balance leastconn
	server one 127.0.0.1:${this.innerPort} send-proxy
frontend worker
	bind 127.0.0.1:${this.innerPort} accept-proxy
	option tcp-smart-accept
	default_backend openvpn
backend openvpn
	server vpn 127.0.0.1:${this.vpnPort}
`;
	}
}

function answers(path: string): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(path);
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => {
			resolve(false);
		});
	});
}

/** Ends what a failed test has left. */
export async function stopBalancers(): Promise<void> {
	await Promise.all([...running].map((one) => one.stop()));
}
