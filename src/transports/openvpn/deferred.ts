/** A promise that is settled from outside. */
export interface Deferred<T> {
	readonly promise: Promise<T>;
	readonly resolve: (value: T) => void;
	readonly reject: (error: Error) => void;
	readonly done: boolean;
}

/** Settling it a second time does nothing. A rejection that nobody waits for yet is no unhandled one. */
export function deferred<T>(): Deferred<T> {
	let resolvePromise!: (value: T) => void;
	let rejectPromise!: (error: Error) => void;
	let done = false;
	const promise = new Promise<T>((resolve, reject) => {
		resolvePromise = resolve;
		rejectPromise = reject;
	});
	promise.catch(() => undefined);
	return {
		promise,
		resolve: (value) => {
			done = true;
			resolvePromise(value);
		},
		reject: (error) => {
			done = true;
			rejectPromise(error);
		},
		get done() {
			return done;
		},
	};
}
