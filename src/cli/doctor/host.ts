import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, statSync } from 'node:fs';

import { childEnvironment } from '../../environment.js';
import { isUp, type NetworkSnapshot } from '../../device/network-snapshot.js';
import { findings, type Finding } from './finding.js';

/** No device that runs this is set to an earlier time than this package was made. */
const EARLIEST_MS = Date.UTC(2025, 0, 1);

export function checkClock(wallMs: number): Finding {
	const finding = findings('clock');
	const now = new Date(wallMs).toISOString();
	return wallMs < EARLIEST_MS
		? finding.failure(
				`The clock says ${now}, which cannot be.`,
				'Wait for time synchronisation; if it does not come, let 123/UDP (NTP) out.',
			)
		: finding.ok(`The clock says ${now}.`);
}

export function checkNetwork(snapshot: NetworkSnapshot): Finding[] {
	const route = findings('route');
	const resolver = findings('resolver');
	const servers = [
		...snapshot.resolvConf.matchAll(/^\s*nameserver\s+(\S+)/gm),
	].map((match) => match[1]!);
	const routes = snapshot.routes ?? snapshot.addresses;
	return [
		routes.length > 0
			? route.ok(`There is a way out: ${routes.join(', ')}.`)
			: isUp(snapshot)
				? route.warning(
						`There is no default route, but an address: ${snapshot.addresses.join(', ')}.`,
						'Only what a route of its own leads to can be reached; what follows shows whether the node is.',
					)
				: route.failure(
						'There is no way out of the device.',
						'Connect the device to a network; nothing leaves it without one.',
					),
		servers.length > 0
			? resolver.ok(`Names are asked from ${servers.join(', ')}.`)
			: resolver.warning(
					'/etc/resolv.conf names no name server.',
					'Let DHCP set one, or name one there; without it only addresses can be dialled.',
				),
	];
}

/** A proxy without its credentials, read as the dial reads it; nothing of what cannot be read. */
function shownProxy(text: string): string {
	const url = text.includes('://') ? text : `http://${text}`;
	if (!URL.canParse(url)) {
		return '(which is not a URL)';
	}
	const { protocol, host, username, password } = new URL(url);
	return `${protocol}//${username || password ? '***@' : ''}${host}`;
}

/** Which proxy the environment names, its credentials taken out. */
export function checkProxy(
	env: Readonly<Record<string, string | undefined>>,
	{ proxy: given, insecure }: { proxy?: string; insecure: boolean },
): Finding {
	const finding = findings('proxy');
	const named = [
		...(insecure
			? ['http_proxy', 'HTTP_PROXY']
			: ['https_proxy', 'HTTPS_PROXY']),
		'all_proxy',
		'ALL_PROXY',
	].find((name) => env[name]);
	const proxy = given === 'none' ? undefined : (given ?? (named && env[named]));
	if (!proxy) {
		return finding.ok('No proxy is set.');
	}
	const exceptions =
		given === undefined ? (env.NO_PROXY ?? env.no_proxy) : undefined;
	const shown = shownProxy(proxy);
	return finding.note(
		`The proxy ${shown} is used for TCP${exceptions ? `, but not for ${exceptions}` : ''}.`,
		'It must let CONNECT to the node through; UDP does not go through it, nor an openvpn that is attached to.',
	);
}

function firstLine(program: string): Promise<string> {
	return new Promise((resolve, reject) => {
		// OpenVPN exits with 1 after --version up to 2.6: what it printed counts.
		const options = { timeout: 5000, env: childEnvironment() };
		execFile(program, ['--version'], options, (error, stdout) => {
			const line = stdout.split('\n')[0]?.trim();
			if (line) {
				resolve(line);
			} else {
				reject(error ?? new Error('it printed nothing'));
			}
		});
	});
}

/** @param needed whether a transport that was asked for runs it. */
export async function checkOpenvpn(
	program: string,
	needed: boolean,
): Promise<Finding> {
	const finding = findings('openvpn');
	try {
		const line = await firstLine(program);
		const seen = line.split(' ').slice(0, 2).join(' ');
		const version = /^OpenVPN (\d+)\.(\d+)/.exec(line);
		if (version && Number(version[1]) * 100 + Number(version[2]) < 205) {
			return needed
				? finding.failure(
						`${seen} is too old.`,
						'Install openvpn 2.5 or newer, or name it with --openvpn-binary.',
					)
				: finding.note(
						`${seen} is too old for the openvpn transports.`,
						'They need 2.5 or newer.',
					);
		}
		return finding.ok(seen);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const seen =
			code === 'ENOENT'
				? `There is no program ${program}.`
				: `${program} does not run: ${message}.`;
		return needed
			? finding.failure(
					seen,
					'Install openvpn, or name it with --openvpn-binary.',
				)
			: finding.note(seen, 'Only the openvpn transports need it.');
	}
}

export function checkTun(needed: boolean, path = '/dev/net/tun'): Finding {
	const finding = findings('tun');
	const bad = (seen: string, advice: string) =>
		needed
			? finding.failure(seen, advice)
			: finding.note(seen, 'Only the openvpn transports need it.');
	try {
		if (!statSync(path).isCharacterDevice()) {
			return bad(`${path} is no device.`, 'Make it anew: `modprobe tun`.');
		}
		closeSync(openSync(path, constants.O_RDWR));
		return finding.ok(`${path} can be opened.`);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		return code === 'ENOENT'
			? bad(
					`There is no ${path}.`,
					'Load the module (`modprobe tun`), or hand the device to the container (`devices: /dev/net/tun`).',
				)
			: bad(
					`${path} cannot be opened (${code}).`,
					'Run as root, or with the capability NET_ADMIN.',
				);
	}
}
