import { herdAsScenario } from '../advice/index.js';
import type { HerdSetup } from '../herd/setup.js';
import { escaped, lineChart } from './chart.js';
import { panels } from './curves.js';
import { factsOf } from './facts.js';
import { herdTitle } from './herd-table.js';
import { htmlTable } from './html-table.js';
import { htmlPage, type Section } from './page.js';
import { colourOf } from './palette.js';
import {
	sweepColumns,
	sweepGrids,
	type SweepCell,
	type SweepGrid,
} from './sweep-table.js';
import { duration } from './words.js';

/** Where the swept option is no number its values stand side by side in their order. */
const positions = (values: readonly string[]) => {
	const numbers = values.map(Number);
	return numbers.every(Number.isFinite) ? numbers : values.map((_, i) => i + 1);
};

/** One small chart for each column: when all are back, against the swept value. */
function charts(first: string, { columns, rows }: SweepGrid): string {
	const xs = positions(rows.map(({ value }) => value));
	const all = rows.flatMap(({ cells }) =>
		cells.map(({ result }) => result.t100Seconds ?? 0),
	);
	const top = Math.max(10, ...all);
	return panels(
		columns.map((title, i) => {
			const cells = rows.map((row) => row.cells[i]!);
			const policy = cells[0]!.result.policy;
			const points = cells.flatMap(({ result }, row) =>
				result.t100Seconds === null
					? []
					: [[xs[row]!, result.t100Seconds] as const],
			);
			const words = cells
				.map(
					({ result }, row) =>
						`${rows[row]!.value}: ${duration(result.t100Seconds)}`,
				)
				.join('; ');
			const least = Math.min(...xs);
			const most = Math.max(...xs);
			return (
				`<figure><h3><i class="key c${colourOf(policy)}"></i>${escaped(title)}</h3>` +
				lineChart(
					{
						title: `When all are back against ${first}`,
						description: `${title}. ${words}`,
						xLabel: first,
						yLabel: 'all are back after, seconds',
						xScale: 'linear',
						yScale: 'linear',
						x: [least, most > least ? most : least + 1],
						y: [0, top],
					},
					[{ colour: colourOf(policy), points }],
				) +
				`<figcaption>${escaped(words)}</figcaption></figure>`
			);
		}),
	);
}

/** The page for a sweep. */
export function sweepPage(
	setup: HerdSetup,
	axes: readonly string[],
	cells: readonly SweepCell[],
): string {
	const first = axes[0]!;
	const sections = sweepGrids(axes, cells).map((grid): Section => ({
		title: grid.title,
		body:
			htmlTable(
				'When all are back, and attempts each',
				sweepColumns(first, grid),
				grid.rows,
			) + charts(first, grid),
		note: 'The quickest of each column is marked. Where a fleet never came back its line has a gap.',
	}));
	return htmlPage(
		{
			title: `How a fleet comes back, by ${axes.join(' and ')}`,
			intro: `${herdTitle(setup)}; but for what is swept.`,
			facts: factsOf(herdAsScenario(setup), setup.seed),
		},
		'',
		sections,
	);
}
