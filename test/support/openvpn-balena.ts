import {
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
	chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NO_ADDRESSES } from '../../src/cli/demo/openvpn/configuration.js';
import { systemClock } from '../../src/runtime/index.js';
import { OpenvpnProcess } from '../../src/transports/openvpn/child.js';
import { freePort, isOpenvpn25, testAuthority } from './openvpn-server.js';
import { STOCK_CONFIG } from './openvpn-stock-config.js';
import { until } from './until.js';

/** How long the local API of open-balena-vpn waits before it answers a wrong key (`DELAY_ON_AUTH_FAIL`). */
export const JUDGE_SECONDS = 10;

/** As open-balena-vpn 12.3 renders it, less addresses and what would need the real worker. */
const SERVER = [
	'mode server',
	'tls-server',
	'dev-type tun',
	'topology p2p',
	...NO_ADDRESSES,
	'dh none',
	'verify-client-cert none',
	'username-as-common-name',
	'max-clients 32768',
	'compress lzo',
	'ping 10',
	'ping-exit 120',
	'push "ping 10"',
	'push "ping-exit 60"',
	'hand-window 600',
	'tls-timeout 20',
	'reneg-sec 0',
	'script-security 2',
	'status-version 2',
	'verb 3',
];

/**
 * What its auth plugin does, as a script: it defers, and writes the verdict to `$auth_control_file`. A wrong key is judged late; while the
 * API is down everybody is refused at once, and no reason is given.
 */
export const LOGIN = `#!/bin/sh
{ read -r uuid; read -r key; } < "$1"
judge() {
	if [ "$(cat "$DIR/api")" = down ]; then
		verdict=down
	elif grep -qxF "$uuid $key" "$DIR/keys"; then
		verdict=right
	else
		sleep ${JUDGE_SECONDS}
		verdict=wrong
	fi
	echo "$uuid $verdict" >> "$DIR/logins"
	if [ $verdict = right ]; then echo 1; else echo 0; fi > "$auth_control_file"
}
judge < /dev/null > /dev/null 2>&1 &
exit 2
`;

const running = new Set<BalenaVpn>();

export interface BalenaVpnOptions {
	readonly protocol?: 'tcp' | 'udp';
	readonly directives?: readonly string[];
	/** Another login script; `$DIR` is a folder of its own. */
	readonly login?: string;
}

/** An OpenVPN server that behaves as balena's own: see the page about it. Needs root and /dev/net/tun. */
export class BalenaVpn {
	static async start(options: BalenaVpnOptions = {}): Promise<BalenaVpn> {
		if (isOpenvpn25()) {
			throw new Error(
				'a login script that answers later, as open-balena-vpn has, needs an openvpn 2.6 on the server',
			);
		}
		const { protocol = 'tcp' } = options;
		const authority = await testAuthority();
		const issued = await authority.issue();
		const port = await freePort(protocol);
		const vpn = new BalenaVpn(options, port, { ca: authority.ca, ...issued });
		running.add(vpn);
		await until(() => {
			if (vpn.process.output.some((line) => line.includes('Options error'))) {
				throw new Error(vpn.process.output.join('\n'));
			}
			return vpn.process.output.some((line) =>
				line.includes('Initialization Sequence Completed'),
			);
		});
		return vpn;
	}

	readonly directory = mkdtempSync(join(tmpdir(), 'balena-vpn-'));
	readonly process: OpenvpnProcess;
	readonly ca: string;

	private constructor(
		{ protocol = 'tcp', directives = [], login = LOGIN }: BalenaVpnOptions,
		readonly port: number,
		certificate: { ca: string; cert: string; key: string },
	) {
		this.ca = certificate.ca;
		this.api('up');
		this.keys({ uuid1: 'key1' });
		writeFileSync(join(this.directory, 'logins'), '');
		const script = join(this.directory, 'login.sh');
		writeFileSync(script, login.replaceAll('$DIR', this.directory));
		chmodSync(script, 0o755);
		this.process = new OpenvpnProcess({
			binary: 'openvpn',
			configuration: [
				...SERVER,
				...(protocol === 'tcp' ? ['tcp-nodelay'] : []),
				`proto ${protocol === 'tcp' ? 'tcp4-server' : 'udp4'}`,
				'local 127.0.0.1',
				`port ${port}`,
				`dev cb${process.pid % 100_000}n${port % 1000}`,
				`auth-user-pass-verify ${script} via-file`,
				`tmp-dir ${this.directory}`,
				...Object.entries(certificate).map(
					([name, pem]) => `<${name}>\n${pem.trim()}\n</${name}>`,
				),
				...directives,
				'',
			].join('\n'),
			clock: systemClock,
			clean: (line) => line,
		});
	}

	/** Whether the API behind the logins answers. */
	api(is: 'up' | 'down'): void {
		writeFileSync(join(this.directory, 'api'), is);
	}

	/** The keys that are right. */
	keys(all: Readonly<Record<string, string>>): void {
		const lines = Object.entries(all).map((pair) => `${pair.join(' ')}\n`);
		writeFileSync(join(this.directory, 'keys'), lines.join(''));
	}

	/** `UUID VERDICT` of each login that was judged. */
	get logins(): string[] {
		const text = readFileSync(join(this.directory, 'logins'), 'utf8');
		return text.split('\n').filter((line) => line !== '');
	}

	/** The configuration that the cloud hands out, for this server or one in front of it. */
	clientConfig(port = this.port): string {
		return STOCK_CONFIG.replace(
			'cloudlink.example.com 443',
			`127.0.0.1 ${port}`,
		)
			.replace(/<ca>.*<\/ca>/s, `<ca>\n${this.ca}</ca>`)
			.replace(/^(?:up|down) .*\n/gm, '')
			.replace(/^(?:user|group|dev-type) .*\n/gm, '');
	}

	async stop(): Promise<void> {
		running.delete(this);
		this.process.terminate();
		await this.process.ended;
		rmSync(this.directory, { recursive: true, force: true });
	}
}

/** Ends what a failed test has left. */
export async function stopBalenaVpns(): Promise<void> {
	await Promise.all([...running].map((one) => one.stop()));
}
