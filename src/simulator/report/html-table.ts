import { escaped } from './chart.js';
import { bestRows, type Column } from './table.js';

/**
 * The same columns as in the terminal, the best of each marked by its background and for a screen reader by a word. On a narrow screen
 * each row is a block in which every value stands beside the title of its column.
 *
 * @param words every cell is text, to be read from the left
 */
export function htmlTable<Row>(
	caption: string,
	columns: ReadonlyArray<Column<Row>>,
	rows: readonly Row[],
	words = false,
): string {
	const best = columns.map(({ value }) =>
		value && rows.length > 1 ? bestRows(rows, value) : new Set<Row>(),
	);
	const kind = words ? ' class="words"' : '';
	const head = columns.map(
		({ title }) => `<th scope="col"${kind}>${escaped(title)}</th>`,
	);
	const body = rows.map((row) => {
		const cells = columns.map(({ title, text }, i) => {
			if (i === 0) {
				return `<th scope="row">${escaped(text(row))}</th>`;
			}
			const isBest = best[i]!.has(row);
			return (
				`<td${isBest ? ' class="best"' : kind} data-title="${escaped(title)}">` +
				`<span>${escaped(text(row))}</span></td>`
			);
		});
		return `<tr>${cells.join('')}</tr>`;
	});
	return (
		`<table><caption>${escaped(caption)}</caption>\n<thead><tr>${head.join('')}</tr></thead>\n` +
		`<tbody>${body.join('\n')}</tbody></table>`
	);
}
