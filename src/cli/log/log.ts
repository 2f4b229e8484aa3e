import { isoTime, systemClock, type Clock } from '../../runtime/index.js';
import type { Masker } from './mask.js';
import { printable } from './words.js';

/** The levels of syslog that are used, by what is lost. */
export const LEVELS = {
	/** The device stays unreachable until somebody does something. */
	error: 3,
	/** The link, or an attempt to get it back. */
	warning: 4,
	/** Nothing: it is good to know. */
	notice: 5,
	info: 6,
	debug: 7,
} as const;

export type Level = keyof typeof LEVELS;

export type LogFormat = 'text' | 'json';

export interface LogOptions {
	readonly format: LogFormat;
	/** Lines below this level are not written. */
	readonly level: Level;
	/** Whether journald reads the lines: `<6>` in front tells it the level (sd-daemon(3)). */
	readonly journal: boolean;
	readonly masker: Masker;
	readonly write: (line: string) => void;
	readonly clock?: Clock;
}

export type Log = (
	level: Level,
	message: string,
	fields?: Readonly<Record<string, unknown>>,
) => void;

/** Writes log lines, with every known secret masked. */
export function createLog(options: LogOptions): Log {
	const { format, masker, write } = options;
	const clock = options.clock ?? systemClock;
	const least = LEVELS[options.level];

	const textLine = (level: Level, message: string) =>
		`${options.journal || level === 'info' || level === 'notice' ? '' : `${level}: `}${printable(message)}`;

	const jsonLine = (level: Level, message: string, fields: object) =>
		JSON.stringify({
			time: isoTime(clock.wallMs()),
			level,
			message,
			...fields,
		});

	return (level, message, fields = {}) => {
		if (LEVELS[level] > least) {
			return;
		}
		const line =
			format === 'json'
				? jsonLine(level, message, fields)
				: textLine(level, message);
		const priority = options.journal ? `<${LEVELS[level]}>` : '';
		write(`${priority}${masker.mask(line)}\n`);
	};
}
