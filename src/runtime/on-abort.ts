/** Listens for the abort of a signal that is not aborted yet. Returns what ends that; it must not stay behind. */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
	signal.addEventListener('abort', listener, { once: true });
	return () => {
		signal.removeEventListener('abort', listener);
	};
}
