import { escaped } from './chart.js';
import { bestRows, type Column } from './table.js';

/** The same columns as in the terminal, the best of each marked by its background. */
export function htmlTable<Row>(
	columns: ReadonlyArray<Column<Row>>,
	rows: readonly Row[],
): string {
	const best = columns.map(({ value }) =>
		value && rows.length > 1 ? bestRows(rows, value) : new Set<Row>(),
	);
	const head = columns.map(({ title }) => `<th>${escaped(title)}</th>`);
	const body = rows.map((row) => {
		const cells = columns.map(({ text }, i) => {
			const mark = best[i]!.has(row) ? ' class="best"' : '';
			return `<td${mark}>${escaped(text(row))}</td>`;
		});
		return `<tr>${cells.join('')}</tr>`;
	});
	return `<table><thead><tr>${head.join('')}</tr></thead>\n<tbody>${body.join('\n')}</tbody></table>`;
}
