import {
	closeSync,
	constants,
	fstatSync,
	ftruncateSync,
	openSync,
	readSync,
	unlinkSync,
	writeSync,
} from 'node:fs';

import { toError } from '../errors.js';
import { aFunction, checkOptions, clock, positiveMs } from '../options.js';
import * as v from '../schema.js';
import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import type { AgentView } from '../agent/agent-view.js';

/** Where balenaOS and the supervisor look for it. */
export const STATUS_MARKER_PATH = '/run/openvpn/vpn_status/active';

/** What a {@link StatusMarker} needs. */
export interface StatusMarkerOptions {
	/** @default '/run/openvpn/vpn_status/active' */
	readonly path?: string;
	/** The file could not be made or removed. Told once until it works again. */
	readonly onProblem?: (problem: Error) => void;
	/** How often it is seen to while the link is up: its folder may have been missing, or somebody removed it. @default 10000 */
	readonly retryMs?: number;
	readonly clock?: Clock;
}

const schema = v.strictObject(
	{
		path: v.optional(v.string('must be a path')),
		onProblem: v.optional(aFunction),
		retryMs: v.optional(positiveMs),
		clock: v.optional(clock),
	},
	`must be an object like { path: '${STATUS_MARKER_PATH}' }`,
);

/** What is in ours. OpenVPN's scripts leave theirs empty, and readers look only whether it is there. */
const OWNER = 'cloudlink-agent\n';

/**
 * The file that says "the VPN is up" to the rest of the device. Three read it: the supervisor (which
 * watches its *folder*), the OS update (which stores whether it was there) and the rollback test after
 * it (which rolls the OS back if it is not). So it must neither be forgotten nor lie, and only the file is
 * ever made or removed, never the folder. Not for an attached openvpn, whose own scripts write it.
 *
 * It is removed only by who made it. One that an up script of our own openvpn has made is taken over while the
 * link is up: a killed openvpn runs no down script.
 *
 * Its calls are synchronous: they touch a tmpfs, and a marker that goes a moment later is a marker that lies.
 */
export class StatusMarker {
	readonly path: string;
	readonly #onProblem: ((problem: Error) => void) | undefined;
	readonly #retryMs: number;
	readonly #clock: Clock;
	#told = false;
	#retry: Timer | undefined;

	constructor(options: StatusMarkerOptions = {}) {
		checkOptions(schema, options, 'StatusMarker');
		this.path = options.path ?? STATUS_MARKER_PATH;
		this.#onProblem = options.onProblem;
		this.#retryMs = options.retryMs ?? 10_000;
		this.#clock = options.clock ?? systemClock;
	}

	/** Makes or removes the file; does nothing where it is as it should be. */
	set(up: boolean): void {
		this.#retry?.cancel();
		if (up) {
			this.#retry = this.#clock.setTimer(this.#retryMs, () => {
				this.set(true);
			});
		}
		try {
			if (up) {
				this.#make();
			} else if (this.#isOurs()) {
				unlinkSync(this.path);
			}
			this.#told = false;
		} catch (error) {
			if (!this.#told) {
				this.#told = true;
				this.#onProblem?.(toError(error));
			}
		}
	}

	/**
	 * Sweeps what an earlier run may have left, then follows the agent until the returned function is
	 * called, which removes the file.
	 */
	follow(agent: Pick<AgentView, 'state' | 'on' | 'off'>): () => void {
		const onState = (state: AgentView['state']) => {
			this.set(state === 'up' || state === 'draining');
		};
		onState(agent.state);
		agent.on('state', onState);
		return () => {
			agent.off('state', onState);
			this.set(false);
		};
	}

	#make(): void {
		// The folder belongs to the user openvpn: no symbolic link there is followed, no pipe waited for, and what is no
		// plain file left alone.
		const { O_CREAT, O_WRONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
		// eslint-disable-next-line no-bitwise -- open(2) takes its flags so.
		const flags = O_CREAT | O_WRONLY | O_NOFOLLOW | O_NONBLOCK;
		const file = openSync(this.path, flags, 0o644);
		try {
			const { size, nlink } = plainFile(file, this.path);
			// Nothing is written where all is well, since the supervisor would see it; nor where the file has a second name, which
			// may be somebody else's.
			if (size !== OWNER.length && nlink === 1) {
				ftruncateSync(file);
				writeSync(file, OWNER, 0);
			}
		} finally {
			closeSync(file);
		}
	}

	#isOurs(): boolean {
		const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
		let file: number;
		try {
			// eslint-disable-next-line no-bitwise -- as above.
			file = openSync(this.path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') {
				return false;
			}
			throw error;
		}
		try {
			const start = Buffer.alloc(OWNER.length);
			return (
				fstatSync(file).isFile() &&
				readSync(file, start) > 0 &&
				start.toString() === OWNER
			);
		} finally {
			closeSync(file);
		}
	}
}

function plainFile(file: number, path: string) {
	const found = fstatSync(file);
	if (!found.isFile()) {
		throw new Error(`${path} is not a plain file`);
	}
	return found;
}
