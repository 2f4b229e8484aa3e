import createDebug from 'debug';

/** Writes a line for those who set `DEBUG`; placeholders as in printf: `%s`, `%d`, `%o`. */
export type DebugLog = (format: string, ...values: unknown[]) => void;

/**
 * A debug log of a namespace such as `cloudlink:agent`. It is made when it is first written to: `debug` opens
 * stderr as soon as it makes one, and importing this package opens nothing.
 */
export function debugLog(namespace: string): DebugLog {
	let log: DebugLog | undefined;
	return (format, ...values) => {
		log ??= createDebug(namespace);
		log(format, ...values);
	};
}
