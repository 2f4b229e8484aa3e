import { VERSION } from '../../version.js';
import { escaped } from './chart.js';
import { colourClasses, colourProperties, PAPER } from './palette.js';

/** One part of a page: what it shows, and how to read it. */
export interface Section {
	readonly title: string;
	readonly body: string;
	readonly note?: string;
}

/** What a page says of itself. */
export interface Heading {
	readonly title: string;
	/** What happens, in a sentence. */
	readonly intro: string;
	/** Fleet, nodes, rates, seed: `name` and what it is. */
	readonly facts: ReadonlyArray<readonly [name: string, value: string]>;
}

const style = `
:root { color-scheme: light dark; --ink: #1c2430; --paper: ${PAPER.light}; --faint: #d5dae3; --quiet: #55606f; --best: #e2f2e6; --panel: #f4f6f9; ${colourProperties('light')} }
@media (prefers-color-scheme: dark) {
	:root { --ink: #e6eaf0; --paper: ${PAPER.dark}; --faint: #343d4a; --quiet: #a3aebd; --best: #17301d; --panel: #1a2029; ${colourProperties('dark')} }
}
${colourClasses}
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 1.5rem auto; padding: 0 0.75rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.2rem; margin: 2.5rem 0 0.5rem; } h3 { font-size: 1rem; margin: 0 0 0.25rem; }
p.note, figcaption, caption { color: var(--quiet); font-size: 0.9rem; text-align: left; }
dl.facts { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 1rem 0; } dl.facts div { display: flex; gap: 0.4rem; }
dl.facts dt { color: var(--quiet); } dl.facts dd { margin: 0; }
.answers { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.answers > section { background: var(--panel); border-radius: 0.5rem; padding: 0.75rem 1rem; } .answers h2 { margin: 0 0 0.4rem; font-size: 1.05rem; } .answers p { margin: 0.3rem 0; }
.answers ul { margin: 0.3rem 0; padding-left: 1.2rem; }
.panels { display: grid; gap: 1rem 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); }
figure { margin: 0; min-width: 0; } svg { display: block; width: 100%; max-width: 24rem; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--quiet); } svg .grid { stroke: var(--faint); } svg .axis { stroke: var(--quiet); }
svg line.marker { stroke: var(--quiet); stroke-dasharray: 4 4; }
.line { fill: none; stroke: var(--colour); stroke-width: 2; stroke-linejoin: round; } .dot { stroke: var(--colour); fill: var(--colour); stroke-width: 2; } .dot.hollow { fill: var(--paper); }
i.key { display: inline-block; width: 1.2rem; height: 0.3rem; border-radius: 2px; vertical-align: middle; margin-right: 0.4rem; background: var(--colour); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; margin: 0.5rem 0; }
th, td { text-align: right; padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--faint); vertical-align: top; } th:first-child, td.words, th.words { text-align: left; } tbody th { font-weight: 400; }
td.best { background: var(--best); font-weight: 600; }
@media (max-width: 48rem) {
	table, tbody, tr, th, td, caption { display: block; width: 100%; } thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
	tr { border-bottom: 2px solid var(--faint); padding: 0.4rem 0; } tbody th { font-weight: 600; border: 0; }
	td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: 0.1rem 0.5rem; text-align: right; } td.words { text-align: left; flex-direction: column; gap: 0; }
	td::before { content: attr(data-title); color: var(--quiet); text-align: left; }
}
`;

export function list(items: readonly string[]): string {
	return `<ul>${items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
}

/** One file that needs nothing else: no script, no font, no request. */
export function htmlPage(
	{ title, intro, facts }: Heading,
	lead: string,
	sections: readonly Section[],
): string {
	const parts = sections.map(
		(section) =>
			`<section><h2>${escaped(section.title)}</h2>\n${section.body}` +
			(section.note ? `\n<p class="note">${escaped(section.note)}</p>` : '') +
			'</section>',
	);
	const told = [...facts, ['made by', `cloudlink-agent ${VERSION}`] as const];
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(intro)}</p>
<dl class="facts">${told.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
${lead}
${parts.join('\n')}
</main>
</body>
</html>
`;
}
