/** Writes a line for those who set `DEBUG`; placeholders as in printf: `%s`, `%d`, `%o`. */
export type DebugLog = (format: string, ...values: unknown[]) => void;

/**
 * A debug log of a namespace such as `cloudlink:agent`. The package `debug` is loaded by the first line that is written while `DEBUG` is
 * set, which its own `enable()` does too: a device that nobody debugs does not pay for it.
 */
export function debugLog(namespace: string): DebugLog {
	let log: DebugLog | undefined;
	return (format, ...values) => {
		if (log) {
			log(format, ...values);
		} else if (process.env.DEBUG) {
			void import(/* webpackMode: "eager" */ 'debug').then((loaded) => {
				log ??= loaded.default(namespace);
				log(format, ...values);
			});
		}
	};
}
