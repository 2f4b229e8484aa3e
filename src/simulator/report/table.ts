/** A column of a table for a terminal. */
export interface Column<Row> {
	readonly title: string;
	/** What the cell says. */
	readonly text: (row: Row) => string;
	/** What the best is found by, the lowest; absent where no row is better than another. */
	readonly value?: (row: Row) => number | null;
}

/** The rows that are best in a column: more than one when they tie, none when none has a value. */
export function bestRows<Row>(
	rows: readonly Row[],
	value: (row: Row) => number | null,
): ReadonlySet<Row> {
	const values = rows.map((row) => value(row) ?? Infinity);
	const least = Math.min(...values);
	return new Set(
		least === Infinity ? [] : rows.filter((_, i) => values[i] === least),
	);
}

/** A table in plain text; the best of each column carries a star. The first column is aligned left. */
export function textTable<Row>(
	columns: ReadonlyArray<Column<Row>>,
	rows: readonly Row[],
): string {
	const cells = columns.map(({ title, text, value }) => {
		const best = value && rows.length > 1 ? bestRows(rows, value) : undefined;
		const mark = (row: Row) => (best?.has(row) ? '*' : ' ');
		return [
			value ? `${title} ` : title,
			...rows.map((row) => text(row) + (value ? mark(row) : '')),
		];
	});
	const widths = cells.map((column) =>
		Math.max(...column.map((cell) => cell.length)),
	);
	const lines = ['', ...rows].map((_, line) =>
		cells
			.map((column, i) =>
				i === 0
					? column[line]!.padEnd(widths[i]!)
					: column[line]!.padStart(widths[i]!),
			)
			.join('  ')
			.trimEnd(),
	);
	const rule = widths.map((width) => '-'.repeat(width)).join('  ');
	return [lines[0], rule, ...lines.slice(1)].join('\n');
}
