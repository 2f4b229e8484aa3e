import { toError } from '../errors.js';
import { aFunction, checkOptions, clock, durationMs } from '../options.js';
import * as v from '../schema.js';
import { systemClock, type Clock } from '../runtime/index.js';
import {
	changedParts,
	readConfigJson,
	type ConfigPart,
	type DeviceConfig,
} from './config-json.js';
import { watchFile, type FileWatch } from './file-watch.js';

/** A `config.json` that was read anew, and what is different in it. */
export interface ConfigChange {
	readonly config: DeviceConfig;
	readonly parts: readonly ConfigPart[];
}

/** What {@link watchConfigJson} needs. */
export interface ConfigWatchOptions {
	/** What was read last; changes are told against it. */
	readonly current: DeviceConfig;
	/** Called with each reading that changes something. */
	readonly onChange: (change: ConfigChange) => void;
	/** The file cannot be watched, or what was written to it cannot be used: the last good reading stays in force. */
	readonly onProblem: (problem: Error) => void;
	/** How long the file must be left alone before it is read. @default 500 */
	readonly quietMs?: number;
	readonly clock?: Clock;
}

export interface ConfigWatch extends FileWatch {
	/** Reads the file now, and tells a change as ever; resolves with what changed. Rejects if it cannot be used. */
	reread(): Promise<readonly ConfigPart[]>;
}

const schema = v.strictObject({
	current: v.custom<DeviceConfig>(
		(value) => typeof (value as DeviceConfig | undefined)?.file === 'string',
		'must be what readConfigJson() gave',
	),
	onChange: aFunction,
	onProblem: aFunction,
	quietMs: v.optional(durationMs),
	clock: v.optional(clock),
});

/** Watches a `config.json` and tells what changed in it. A reading that changes nothing is not told. */
export function watchConfigJson(options: ConfigWatchOptions): ConfigWatch {
	checkOptions(schema, options, 'watchConfigJson()');
	const { onChange, onProblem } = options;
	let { current } = options;
	let generation = 0;

	const read = async (mine: number): Promise<readonly ConfigPart[]> => {
		const config = await readConfigJson(current.file);
		if (mine !== generation) {
			return [];
		}
		const parts = changedParts(current, config);
		current = config;
		if (parts.length > 0) {
			onChange({ config, parts });
		}
		return parts;
	};

	const watch = watchFile({
		file: current.file,
		clock: options.clock ?? systemClock,
		quietMs: options.quietMs ?? 500,
		onProblem,
		onChange: () => {
			const mine = ++generation;
			read(mine).catch((error: unknown) => {
				if (mine === generation) {
					onProblem(toError(error));
				}
			});
		},
	});
	return {
		reread: async () => await read(++generation),
		close: () => {
			generation = -1;
			watch.close();
		},
	};
}
