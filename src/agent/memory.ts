import type { CloudlinkError } from '../errors.js';
import type { StateFile } from '../device/state-file.js';
import {
	rememberNodes,
	type NodesMemory,
	type NodesState,
} from '../nodes/index.js';
import {
	remember,
	type PacingMemory,
	type PacingState,
} from '../pacing/index.js';
import {
	rememberSelection,
	type SelectionMemory,
	type SelectionState,
} from '../selection/select.js';
import type { ResolvedOptions } from './options.js';

/** What was remembered, each part as its owner wrote it; they check it themselves. */
export interface Recalled {
	readonly pacing?: PacingMemory;
	readonly nodes?: NodesMemory;
	readonly selection?: SelectionMemory;
	/** The node that something was last heard of: what pacing remembers was learned there. */
	readonly node?: unknown;
	/** How long ago that was, as far as is known; 0 where it is not. */
	readonly ageMs: number;
}

/** The agent's memory over restarts: a state file where one is configured, else nothing. */
export class Memory {
	readonly #path: string | undefined;
	readonly #clock: ResolvedOptions['runtime']['clock'];
	readonly #warn: (warning: CloudlinkError) => void;
	#file: StateFile | undefined;

	constructor(
		{ statePath, runtime }: ResolvedOptions,
		warn: (warning: CloudlinkError) => void,
	) {
		this.#path = statePath;
		this.#clock = runtime.clock;
		this.#warn = warn;
	}

	async recall(): Promise<Recalled> {
		if (this.#path === undefined) {
			return { ageMs: 0 };
		}
		const { openStateFile } = await import(
			/* webpackMode: "eager" */ '../device/state-file.js'
		);
		this.#file = await openStateFile(this.#path, {
			clock: this.#clock,
			onWarning: this.#warn,
		});
		const { sections, ageMs } = this.#file.loaded;
		return { ...sections, ageMs } as Recalled;
	}

	/** Notes what is worth keeping; the file decides when it is written. */
	save(
		states: {
			readonly pacing: PacingState;
			readonly nodes: NodesState;
			readonly selection: SelectionState;
			readonly node: string | undefined;
		},
		nowMs: number,
	): void {
		this.#file?.save({
			pacing: remember(states.pacing, nowMs),
			nodes: rememberNodes(states.nodes, nowMs),
			selection: rememberSelection(states.selection, nowMs),
			node: states.node,
		});
	}

	/** Writes what was noted now; if that fails, a warning says so. */
	flush(): void {
		void this.#file?.flush();
	}

	async close(): Promise<void> {
		await this.#file?.close();
		this.#file = undefined;
	}
}
