import { closeSync, constants, openSync, unlinkSync } from 'node:fs';

import { toError } from '../errors.js';
import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import type { AgentView } from '../agent/agent-view.js';

/** Where balenaOS and the supervisor look for it. */
export const STATUS_MARKER_PATH = '/run/openvpn/vpn_status/active';

export interface StatusMarkerOptions {
	/** @default '/run/openvpn/vpn_status/active' */
	readonly path?: string;
	/** The file could not be made or removed. Told once until it works again. */
	readonly onProblem?: (problem: Error) => void;
	/** How often it is tried again to make the file while its folder is missing. @default 10000 */
	readonly retryMs?: number;
	readonly clock?: Clock;
}

/**
 * The file that says "the VPN is up" to the rest of the device. Three read it: the supervisor (which
 * watches its *folder*), the OS update (which stores whether it was there) and the rollback test after
 * it (which rolls the OS back if it is not). So it must neither be forgotten nor lie, and only the file is
 * ever made or removed, never the folder. Not for an attached openvpn, whose own scripts write it.
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
		this.path = options.path ?? STATUS_MARKER_PATH;
		this.#onProblem = options.onProblem;
		this.#retryMs = options.retryMs ?? 10_000;
		this.#clock = options.clock ?? systemClock;
	}

	/** Makes or removes the file; does nothing where it is as it should be. */
	set(up: boolean): void {
		this.#retry?.cancel();
		try {
			if (up) {
				this.#make();
			} else {
				this.#remove();
			}
			this.#told = false;
		} catch (error) {
			if (up) {
				this.#retry = this.#clock.setTimer(this.#retryMs, () => {
					this.set(true);
				});
			}
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
		// The folder belongs to the user openvpn: no symbolic link there is followed, and nothing truncated.
		const { O_CREAT, O_WRONLY, O_NOFOLLOW } = constants;
		// eslint-disable-next-line no-bitwise -- open(2) takes its flags so.
		closeSync(openSync(this.path, O_CREAT | O_WRONLY | O_NOFOLLOW, 0o644));
	}

	#remove(): void {
		try {
			unlinkSync(this.path);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code !== 'ENOENT' && code !== 'ENOTDIR') {
				throw error;
			}
		}
	}
}
