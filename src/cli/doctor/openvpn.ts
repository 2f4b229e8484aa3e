import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, statSync } from 'node:fs';

import { childEnvironment } from '../../environment.js';
import { findings, type Finding } from './finding.js';

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
