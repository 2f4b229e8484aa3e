/** How things are said to people: in the log, by `status` and by `doctor`. */

/** Ends a text with a full stop, unless it has one, maybe with a bracket behind. */
export const sentence = (text: string) =>
	/[.!?]( \([^()]*\))?$/.test(text) ? text : `${text}.`;

/** One line: control characters, which could forge a line or steer a terminal, are taken out. */
export const printable = (text: string): string =>
	// eslint-disable-next-line no-control-regex
	text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();

/** `never`, `once`, `twice`, `3 times` */
export const times = (count: number): string =>
	['never', 'once', 'twice'][count] ?? `${count} times`;

/** `1 attempt`, `2 attempts`, `no attempts` */
export const counted = (count: number, thing: string): string =>
	`${count === 0 ? 'no' : count} ${thing}${count === 1 ? '' : 's'}`;

const UNITS = [
	['d', 86_400_000],
	['h', 3_600_000],
	['min', 60_000],
	['s', 1000],
] as const;

/** `3 d 4 h`, `12 min 3 s`, `0.4 s` */
export function duration(ms: number): string {
	if (ms < 10_000) {
		return `${(ms / 1000).toFixed(1)} s`;
	}
	const at = UNITS.findIndex(([, size]) => ms >= size);
	return UNITS.slice(at, at + 2)
		.map(([unit, size], i) => {
			const within = i === 0 ? ms : ms % UNITS[at]![1];
			return `${Math.floor(within / size)} ${unit}`;
		})
		.join(' ');
}

/** `512 B`, `1.2 MB` */
export function bytes(count: number): string {
	const units = ['B', 'kB', 'MB', 'GB', 'TB'];
	const at = Math.min(
		units.length - 1,
		Math.floor(Math.log10(Math.max(1, count)) / 3),
	);
	const value = count / 1000 ** at;
	return `${at === 0 ? value : value.toFixed(1)} ${units[at]}`;
}
