import { open, unlink } from 'node:fs/promises';

import { isAlive, parseOwner, thisProcess, type Owner } from './owner.js';
import { readRegular } from './read-regular.js';

const MAX_BYTES = 1024;
/** Another one that takes the place of a dead owner may be faster, and then die itself; but not for ever. */
const TRIES = 3;

/** The paths that this process holds: by its id alone two agents in one process look the same. */
const held = new Set<string>();

/**
 * Says who may write a state file, by a file beside it that names its process. A crash frees it: what a process left that
 * runs no more is taken over. Two that take over at the same moment may both believe to have it; so it is read again
 * before each write, and one of them finds the other's name there.
 */
export class StateLock {
	readonly #path: string;
	readonly #self: Owner;
	#mine = false;

	constructor(statePath: string, bootId: string | undefined) {
		this.#path = `${statePath}.lock`;
		this.#self = thisProcess(bootId);
	}

	/** Takes the lock, or finds that it still has it. Answers with the owner if that is another one. */
	async hold(): Promise<Owner | undefined> {
		if (!this.#mine && held.has(this.#path)) {
			return this.#self;
		}
		for (let tries = 0; tries < TRIES; tries++) {
			const text = await readRegular(this.#path, MAX_BYTES);
			const owner = text === undefined ? undefined : parseOwner(text);
			if (owner && this.#isSelf(owner)) {
				this.#take();
				return undefined;
			}
			if (owner && isAlive(owner, this.#self.bootId)) {
				this.#letGo();
				return owner;
			}
			if (text !== undefined) {
				await unlink(this.#path).catch(() => undefined);
			}
			if (await this.#create()) {
				this.#take();
				return undefined;
			}
		}
		throw new Error(`${this.#path} changes all the time.`);
	}

	/** Answers with the owner if that is another process, and touches nothing. */
	async otherOwner(): Promise<Owner | undefined> {
		const text = await readRegular(this.#path, MAX_BYTES);
		const owner = text === undefined ? undefined : parseOwner(text);
		const isOther =
			owner && !this.#isSelf(owner) && isAlive(owner, this.#self.bootId);
		return isOther ? owner : undefined;
	}

	/** Removes it, if it is ours. */
	async release(): Promise<void> {
		if (this.#mine) {
			const text = await readRegular(this.#path, MAX_BYTES).catch(() => '');
			const owner = parseOwner(text ?? '');
			if (owner && this.#isSelf(owner)) {
				await unlink(this.#path).catch(() => undefined);
			}
			this.#letGo();
		}
	}

	#isSelf({ pid, bootId, startTicks }: Owner): boolean {
		const self = this.#self;
		return (
			pid === self.pid &&
			bootId === self.bootId &&
			startTicks === self.startTicks
		);
	}

	#take(): void {
		this.#mine = true;
		held.add(this.#path);
	}

	#letGo(): void {
		if (this.#mine) {
			this.#mine = false;
			held.delete(this.#path);
		}
	}

	async #create(): Promise<boolean> {
		try {
			const file = await open(this.#path, 'wx', 0o600);
			try {
				await file.writeFile(JSON.stringify(this.#self));
			} finally {
				await file.close();
			}
			return true;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
				return false;
			}
			throw error;
		}
	}
}
