import { readFile, readdir, readlink } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { Directive } from './configuration.js';

/** Names that openvpn takes for "the next free one", or for no device at all. */
const ANY_DEVICE = /^(?:tun|tap|null)$/;

/** The device that a configuration asks for by its name; the last `dev` counts. */
export function namedDevice(
	directives: readonly Directive[],
): string | undefined {
	const name = directives.findLast((one) => one.name === 'dev')?.words[0];
	return name === undefined || ANY_DEVICE.test(name) || !/^[\w.-]+$/.test(name)
		? undefined
		: name;
}

async function read(path: string): Promise<string> {
	try {
		return await readFile(path, 'utf8');
	} catch {
		// A process that has gone meanwhile, or that is not ours to look at.
		return '';
	}
}

async function list(path: string): Promise<string[]> {
	try {
		return await readdir(path);
	} catch {
		return [];
	}
}

/** Whether a process has a tun device open. */
async function holds(pid: string, device: string): Promise<boolean> {
	for (const fd of await list(`/proc/${pid}/fdinfo`)) {
		const info = await read(`/proc/${pid}/fdinfo/${fd}`);
		if (/^iff:\s*(\S+)$/m.exec(info)?.[1] === device) {
			return true;
		}
	}
	return false;
}

/** Whether a process was started with a configuration file. */
async function reads(pid: string, file: string): Promise<boolean> {
	const args = (await read(`/proc/${pid}/cmdline`)).split('\0');
	const after = (flag: string) => args[args.indexOf(flag) + 1];
	const config = args.includes('--config') ? after('--config')! : undefined;
	if (config === undefined || config === 'stdin') {
		return false;
	}
	const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '/');
	const base = args.includes('--cd') ? after('--cd')! : '.';
	return resolve(cwd, base, config) === file;
}

/** `openvpn.service (process 123)`, or the process alone. */
async function describe(pid: string): Promise<string> {
	const cgroup = await read(`/proc/${pid}/cgroup`);
	const unit = /([^/\n]+\.service)(?:\/[^\n]*)?$/m.exec(cgroup)?.[1];
	return unit === undefined
		? `an openvpn (process ${pid})`
		: `${unit} (process ${pid})`;
}

/**
 * Who on this machine already has, or tries to make, the link that an attempt would make: an openvpn with the same tun
 * device or the same configuration file. A second one would log in under the same name, so that the server drops the link
 * that works, and then fail on the device. Undefined where nobody is seen.
 */
export async function otherOpenvpn(
	device: string | undefined,
	configFile: string | undefined,
): Promise<string | undefined> {
	for (const pid of await list('/proc')) {
		if (
			/^\d+$/.test(pid) &&
			(await read(`/proc/${pid}/comm`)).trim() === 'openvpn' &&
			((device !== undefined && (await holds(pid, device))) ||
				(configFile !== undefined && (await reads(pid, configFile))))
		) {
			return await describe(pid);
		}
	}
	// In a container its process is not seen. A tun has a carrier only while somebody has it open.
	const carrier =
		device === undefined
			? ''
			: (await read(`/sys/class/net/${device}/tun_flags`)) &&
				(await read(`/sys/class/net/${device}/carrier`));
	return carrier.trim() === '1' ? 'somebody else on this host' : undefined;
}
