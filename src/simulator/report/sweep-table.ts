import type { HerdResult } from '../herd/result.js';
import type { HerdSetup } from '../herd/setup.js';
import { herdTitle } from './herd-table.js';
import { textTable, type Column } from './table.js';
import { duration } from './words.js';

/** One run of a sweep: the value of each swept option as it was written, and what came of it. */
export interface SweepCell {
	readonly at: Readonly<Record<string, string>>;
	readonly result: HerdResult;
}

/** A row of a grid: one value of the first option. */
export interface SweepRow {
	readonly value: string;
	readonly cells: readonly SweepCell[];
}

/** A grid with the columns that it has: policies, or for each policy the values of the second option. */
export interface SweepGrid {
	readonly title: string;
	readonly columns: readonly string[];
	readonly rows: readonly SweepRow[];
}

const unique = <T>(values: readonly T[]) => [...new Set(values)];

/** One grid for all policies where one option is swept; one for each where two are. */
export function sweepGrids(
	axes: readonly string[],
	cells: readonly SweepCell[],
): SweepGrid[] {
	const [first, second] = axes as [string, string?];
	const rowsOf = (of: readonly SweepCell[]): SweepRow[] =>
		unique(of.map(({ at }) => at[first]!)).map((value) => ({
			value,
			cells: of.filter(({ at }) => at[first] === value),
		}));
	const policies = unique(cells.map(({ result }) => result.policy));
	if (second === undefined) {
		return [
			{ title: `${first} by policy`, columns: policies, rows: rowsOf(cells) },
		];
	}
	return policies.map((policy) => {
		const own = cells.filter(({ result }) => result.policy === policy);
		return {
			title: `${policy}: ${first} by ${second}`,
			columns: unique(own.map(({ at }) => `${second} ${at[second]}`)),
			rows: rowsOf(own),
		};
	});
}

/** What a cell of a grid says. */
const sweepWords = ({ result }: SweepCell): string =>
	`${duration(result.t100Seconds)}, ${result.attemptsPerDevice.toFixed(1)} each`;

/** The columns of a grid; the best of each is the quickest. */
export function sweepColumns(
	first: string,
	{ columns }: SweepGrid,
): Array<Column<SweepRow>> {
	return [
		{ title: first, text: ({ value }) => value },
		...columns.map((title, i): Column<SweepRow> => ({
			title,
			text: ({ cells }) => sweepWords(cells[i]!),
			value: ({ cells }) => cells[i]!.result.t100Seconds,
		})),
	];
}

/** A sweep for a terminal. */
export function sweepTable(
	setup: HerdSetup,
	axes: readonly string[],
	cells: readonly SweepCell[],
): string {
	const grids = sweepGrids(axes, cells).flatMap((grid) => [
		'',
		`${grid.title}:`,
		'',
		textTable(sweepColumns(axes[0]!, grid), grid.rows),
	]);
	return [
		`${herdTitle(setup)}; but for what is swept`,
		...grids,
		'',
		'In each cell: when all are back, and attempts each. * quickest of its column.',
	].join('\n');
}
