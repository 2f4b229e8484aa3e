import { escaped } from './chart.js';

/** Hues that stay apart from their neighbours. */
const HUES = [212, 8, 32, 130, 280, 330, 180, 55, 250, 95, 355, 155];

/** One part of a page: what it shows, the chart, and how to read it. */
export interface Section {
	readonly title: string;
	readonly body: string;
	readonly note?: string;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --faint: #e3e7ee; --quiet: #5b6675; --line: 42%; --best: #e7f3e9; }
@media (prefers-color-scheme: dark) {
	:root { --ink: #e6eaf0; --paper: #12161c; --faint: #2a323d; --quiet: #9aa5b4; --line: 66%; --best: #17301d; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.5rem; }
p.note, figcaption { color: var(--quiet); font-size: 0.9rem; }
svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--quiet); } svg .grid { stroke: var(--faint); }
svg line.marker { stroke: var(--quiet); stroke-dasharray: 4 4; } svg text.marker { fill: var(--quiet); }
.line { fill: none; stroke-width: 1.5; stroke-linejoin: round; opacity: 0.75; } .line.ours { stroke-width: 3; opacity: 1; }
.dot { stroke-width: 2; } .dot.hollow { fill: var(--paper); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.25rem 0.6rem; border-bottom: 1px solid var(--faint); } th:first-child, td:first-child { text-align: left; }
td.best { background: var(--best); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; list-style: none; padding: 0; font-size: 0.9rem; }
.legend i { display: inline-block; width: 1.2rem; height: 0.25rem; border-radius: 2px; vertical-align: middle; margin-right: 0.4rem; }
`;

/** Colours by number, for lines, dots and the legend, in light and in dark. */
function colours(count: number): string {
	return Array.from({ length: count }, (_, i) => {
		// The second time round the hues are paler.
		const colour = `hsl(${HUES[i % HUES.length]} ${i < HUES.length ? 70 : 35}% var(--line))`;
		return `.line.c${i}{stroke:${colour}} .dot.c${i}{stroke:${colour};fill:${colour}} .dot.hollow.c${i}{fill:var(--paper)} i.c${i}{background:${colour}}`;
	}).join('\n');
}

export function legend(names: readonly string[]): string {
	const items = names.map(
		(name, i) => `<li><i class="c${i}"></i>${escaped(name)}</li>`,
	);
	return `<ul class="legend">${items.join('')}</ul>`;
}

export function list(items: readonly string[]): string {
	return `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

/** One file that needs nothing else: no script, no font, no request. */
export function htmlPage(
	title: string,
	intro: string,
	names: readonly string[],
	sections: readonly Section[],
): string {
	const parts = sections.map(
		(section) =>
			`<section><h2>${escaped(section.title)}</h2>\n${section.body}` +
			(section.note ? `\n<p class="note">${escaped(section.note)}</p>` : '') +
			'</section>',
	);
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}${colours(names.length)}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(intro)}</p>
${legend(names)}
${parts.join('\n')}
</body>
</html>
`;
}
