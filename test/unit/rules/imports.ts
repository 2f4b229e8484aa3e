import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const SOURCE = new URL('../../../src/', import.meta.url).pathname;

/** Every file of the sources, as its path under `src/`. */
export function sources(folder = ''): string[] {
	return readdirSync(join(SOURCE, folder), { withFileTypes: true }).flatMap(
		(entry) =>
			entry.isDirectory()
				? sources(join(folder, entry.name))
				: [join(folder, entry.name)],
	);
}

/** What follows from an import by its text: `from './x.js'`, `import './x.js'`, `import('./x.js')`. */
const IMPORT = /\b(?:from|import)\s*\(?\s*'([^']+)'/g;

/** What a file imports, as it is written; imports of types count. */
export const importsOf = (file: string): string[] =>
	[...readFileSync(join(SOURCE, file), 'utf8').matchAll(IMPORT)].map(
		([, from]) => from!,
	);

/** Which files a file imports, as paths under `src/`. */
export const filesImportedBy = (file: string): string[] =>
	importsOf(file)
		.filter((from) => from.startsWith('.'))
		.map((from) =>
			normalize(join(dirname(file), from)).replace(/\.js$/, '.ts'),
		);

/** Of what imports what, each circle: the things that reach each other, in order of their names. */
export function circlesOf(
	imports: ReadonlyMap<string, readonly string[]>,
): string[][] {
	const reached = new Map(
		[...imports.keys()].map((from) => [from, reachFrom(from, imports)]),
	);
	const circles = new Map<string, string[]>();
	for (const [from, there] of reached) {
		if (there.has(from)) {
			const circle = [...there].filter((to) => reached.get(to)?.has(from));
			circles.set(circle.sort().join(), circle);
		}
	}
	return [...circles.values()];
}

function reachFrom(
	start: string,
	imports: ReadonlyMap<string, readonly string[]>,
): Set<string> {
	const seen = new Set<string>();
	const open = [...(imports.get(start) ?? [])];
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		if (!seen.has(at)) {
			seen.add(at);
			open.push(...(imports.get(at) ?? []));
		}
	}
	return seen;
}
