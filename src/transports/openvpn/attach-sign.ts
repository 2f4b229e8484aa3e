import {
	closeSync,
	constants,
	openSync,
	renameSync,
	unlinkSync,
	writeSync,
} from 'node:fs';

import { readBootTime, type BootTime } from '../../state-file/boot-time.js';

/** Where the sign of an attached agent lies: beside the management socket. */
export const signPath = (socket: string): string => `${socket}.agent`;

/**
 * The sign that an agent has an openvpn in its hands: one line `BOOT_ID PID SINCE UPTIME`: the uptimes, in whole
 * seconds as in /proc/uptime, at which the agent started and at which it wrote. The host's helper frees openvpn when the sign grows old (an agent that was killed cannot say
 * goodbye), so it is renewed for as long as the agent is there, and removed only once openvpn has its own pacing back.
 *
 * The helper goes by the uptime, since the wall clock of a device jumps. Boot id and pid are for people: a container may
 * have others than the host.
 */
export class AttachSign {
	readonly #path: string;
	readonly #bootTime: BootTime;
	readonly #since: number;

	constructor(socket: string, bootTime: BootTime = readBootTime()) {
		this.#path = signPath(socket);
		this.#bootTime = bootTime;
		this.#since = seconds(bootTime.bootMs());
	}

	/** Writes it anew; at one stroke, since the helper may read at any moment. Throws what the file system throws. */
	renew(): void {
		const { bootId = '-', bootMs } = this.#bootTime;
		const temporary = `${this.#path}.new`;
		remove(temporary);
		const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
		// eslint-disable-next-line no-bitwise -- open(2) takes its flags so.
		const flags = O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW;
		const file = openSync(temporary, flags, 0o644);
		try {
			writeSync(
				file,
				`${bootId} ${process.pid} ${this.#since} ${seconds(bootMs())}\n`,
			);
		} finally {
			closeSync(file);
		}
		renameSync(temporary, this.#path);
	}

	remove(): void {
		remove(this.#path);
	}
}

const seconds = (ms: number) => Math.floor(ms / 1000);

function remove(path: string): void {
	try {
		unlinkSync(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
			throw error;
		}
	}
}
