import { CloudlinkError, toError } from '../errors.js';
import { systemClock, type Clock, type Timer } from '../runtime/index.js';
import { readBootTime, type BootTime } from './boot-time.js';
import {
	ageOf,
	decodeState,
	encodeState,
	isSameBoot,
	type Stamp,
} from './format.js';
import { StateLock } from './lock.js';
import { mustBeRegular, readRegular } from './read-regular.js';
import { replaceFile } from './replace-file.js';

export interface StateFileOptions {
	readonly clock?: Clock;
	/** The file cannot be read or written; told once for reading, and for writing once until it works again. */
	readonly onWarning?: (warning: CloudlinkError) => void;
	/** At least this long between two writes, for the flash's sake. @default 60_000 */
	readonly minIntervalMs?: number;
	/** A larger file is neither read nor written. @default 65_536 */
	readonly maxBytes?: number;
	/** @default what the system tells */
	readonly bootTime?: BootTime;
}

/** What was in the file when it was opened. */
export interface LoadedState {
	/** Undefined where there was none, or none that could be used. */
	readonly document: unknown;
	/** How long ago it was saved, as far as can be told: from 0 to a week. */
	readonly ageMs: number;
	/** How much of that the machine was on, for certain: all of it within one boot, else 0. */
	readonly ranMs: number;
}

const NOTHING: LoadedState = { document: undefined, ageMs: 0, ranMs: 0 };

/**
 * Opens the agent's memory on disk. Never rejects: a file that is missing means a first start; one that is
 * damaged, too large, of another version or unreadable means a warning and a first start. Nothing is
 * written before the first `save`.
 */
export async function openStateFile(
	path: string,
	options: StateFileOptions = {},
): Promise<StateFile> {
	const bootTime = options.bootTime ?? readBootTime();
	const clock = options.clock ?? systemClock;
	const now = () => stampOf(clock, bootTime);
	const maxBytes = options.maxBytes ?? 65_536;
	const onWarning = options.onWarning ?? (() => undefined);
	const loaded = await load(path, maxBytes, now()).catch((thrown: unknown) => {
		onWarning(
			new CloudlinkError(
				'ERR_CLOUDLINK_STATE_FILE',
				`The state file ${path} cannot be used; the agent starts without its memory. ${toError(thrown).message}`,
				{ cause: thrown },
			),
		);
		return NOTHING;
	});
	const minIntervalMs = options.minIntervalMs ?? 60_000;
	return new StateFile(path, loaded, {
		clock,
		now,
		lock: new StateLock(path, bootTime.bootId),
		maxBytes,
		minIntervalMs,
		onWarning,
	});
}

function stampOf(clock: Clock, { bootId, bootMs }: BootTime): Stamp {
	return { wallMs: clock.wallMs(), bootId, bootMs: bootMs() };
}

async function load(
	path: string,
	maxBytes: number,
	now: Stamp,
): Promise<LoadedState> {
	const text = await readRegular(path, maxBytes);
	if (text === undefined) {
		return NOTHING;
	}
	const { stamp, document } = decodeState(text);
	const ageMs = ageOf(stamp, now);
	return { document, ageMs, ranMs: isSameBoot(stamp, now) ? ageMs : 0 };
}

interface Inside {
	readonly clock: Clock;
	readonly now: () => Stamp;
	readonly lock: StateLock;
	readonly maxBytes: number;
	readonly minIntervalMs: number;
	readonly onWarning: (warning: CloudlinkError) => void;
}

/**
 * The agent's memory on disk. Saving is cheap and never fails: writes are few, whole (a power cut leaves
 * either the old state or the new one), and a disk that is full or read-only costs one warning.
 */
export class StateFile {
	readonly loaded: LoadedState;
	readonly #path: string;
	readonly #inside: Inside;
	/** What is to be written, when it was told. */
	#pending: { document: string; stamp: Stamp } | undefined;
	#written: string | undefined;
	#lastWriteMs = -Infinity;
	#timer: Timer | undefined;
	#writing: Promise<void> | undefined;
	#warned = false;
	#closed = false;

	/** @internal */
	constructor(path: string, loaded: LoadedState, inside: Inside) {
		this.#path = path;
		this.loaded = loaded;
		this.#inside = inside;
	}

	/** Notes the state; it is written now or, if the last write was a short while ago, later. */
	save(document: unknown): void {
		if (this.#closed) {
			return;
		}
		this.#pending = {
			document: JSON.stringify(document),
			stamp: this.#inside.now(),
		};
		this.#schedule();
	}

	/** Writes now what is noted. Resolves when it is on disk, or when a warning said that it is not. */
	async flush(): Promise<void> {
		await this.#writing;
		this.#write();
		await this.#writing;
	}

	/** Writes what is noted, and takes no more. Idempotent. */
	async close(): Promise<void> {
		this.#closed = true;
		await this.flush();
		await this.#inside.lock.release();
	}

	#schedule(): void {
		if (this.#timer !== undefined || this.#writing !== undefined) {
			return;
		}
		const { clock, minIntervalMs } = this.#inside;
		const leftMs = this.#lastWriteMs + minIntervalMs - clock.monotonicMs();
		if (leftMs <= 0) {
			this.#write();
			return;
		}
		this.#timer = clock.setTimer(leftMs, () => {
			this.#write();
		});
	}

	#write(): void {
		this.#timer?.cancel();
		this.#timer = undefined;
		const pending = this.#pending;
		this.#pending = undefined;
		if (pending === undefined || pending.document === this.#written) {
			return;
		}
		this.#lastWriteMs = this.#inside.clock.monotonicMs();
		this.#writing = this.#store(pending.document, pending.stamp).finally(() => {
			this.#writing = undefined;
			if (this.#pending !== undefined && !this.#closed) {
				this.#schedule();
			}
		});
	}

	async #store(document: string, stamp: Stamp): Promise<void> {
		const { lock, maxBytes } = this.#inside;
		try {
			const owner = await lock.hold();
			if (owner !== undefined) {
				this.#warnOnce(
					`The state file ${this.#path} belongs to another agent, in process ${owner.pid}; this one keeps nothing. Run one agent for a device.`,
				);
				return;
			}
			await mustBeRegular(this.#path);
			const text = encodeState({
				stamp,
				document: JSON.parse(document) as unknown,
			});
			if (Buffer.byteLength(text) > maxBytes) {
				throw new Error(
					`It would be ${Buffer.byteLength(text)} bytes long; ${maxBytes} are allowed.`,
				);
			}
			await replaceFile(this.#path, text);
			this.#written = document;
			this.#warned = false;
		} catch (thrown) {
			this.#warnOnce(
				`The state file ${this.#path} cannot be written; the agent goes on, and would start without its memory. ${toError(thrown).message}`,
				thrown,
			);
		}
	}

	/** Until it has worked again. */
	#warnOnce(message: string, cause?: unknown): void {
		if (!this.#warned) {
			this.#warned = true;
			this.#inside.onWarning(
				new CloudlinkError('ERR_CLOUDLINK_STATE_FILE', message, { cause }),
			);
		}
	}
}
