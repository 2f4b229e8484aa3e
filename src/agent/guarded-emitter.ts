import { EventEmitter } from 'eventemitter3';

type Listener = (...args: never[]) => unknown;
type Guard = (...args: unknown[]) => void;

/**
 * An emitter whose listeners cannot hurt each other, or who emits: eventemitter3 stops at the first that throws, and a
 * promise that one of them returns and that rejects would end the process.
 */
export class GuardedEmitter<Events extends Record<keyof Events, Listener>> {
	readonly #emitter = new EventEmitter<string>();
	/** By event and listener, so that `off` finds what `on` made. */
	readonly #guards = new Map<keyof Events, WeakMap<Listener, Guard>>();
	readonly #onFailure: (event: keyof Events, thrown: unknown) => void;

	constructor(onFailure: (event: keyof Events, thrown: unknown) => void) {
		this.#onFailure = onFailure;
	}

	on<E extends keyof Events & string>(event: E, listener: Events[E]): void {
		this.#emitter.on(event, this.#guard(event, listener));
	}

	once<E extends keyof Events & string>(event: E, listener: Events[E]): void {
		this.#emitter.once(event, this.#guard(event, listener));
	}

	off<E extends keyof Events & string>(event: E, listener: Events[E]): void {
		this.#emitter.off(event, this.#guard(event, listener));
	}

	emit<E extends keyof Events & string>(
		event: E,
		...args: Parameters<Events[E]>
	): void {
		this.#emitter.emit(event, ...args);
	}

	#guard(event: keyof Events, listener: Listener): Guard {
		const guards = this.#guards.get(event) ?? new WeakMap<Listener, Guard>();
		this.#guards.set(event, guards);
		const known = guards.get(listener);
		if (known) {
			return known;
		}
		const guarded = (...args: unknown[]) => {
			try {
				const returned: unknown = listener(...(args as never[]));
				if (returned instanceof Promise) {
					returned.catch((thrown: unknown) => {
						this.#onFailure(event, thrown);
					});
				}
			} catch (thrown) {
				this.#onFailure(event, thrown);
			}
		};
		guards.set(listener, guarded);
		return guarded;
	}
}
