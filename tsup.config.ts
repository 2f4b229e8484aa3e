import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PluginBuild } from 'esbuild';
import { defineConfig } from 'tsup';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
	version: string;
};

const library = {
	index: 'src/index.ts',
	testing: 'src/testing/index.ts',
	simulator: 'src/simulator/index.ts',
};

// What only our edge needs (option schemas, certificates, the command line) is a devDependency, and bundled
// wherever it is used.
const bundled = [
	'valibot',
	'leven',
	'commander',
	'@peculiar/x509',
	'reflect-metadata',
];

// p-retry is ESM only, so the CommonJS build carries it (and its one dependency) inside: balena-supervisor
// loads this package with `require`, on Node 22 and through webpack. The other three runtime dependencies
// have CommonJS builds and stay external.
const esmOnly = ['p-retry', 'is-network-error'];

const shared = {
	target: 'node20' as const,
	platform: 'node' as const,
	splitting: true,
	define: { CLOUDLINK_AGENT_VERSION: JSON.stringify(version) },
};

// In a build with chunks, commander would bring a helper into each of them: it is a file of its own.
const commanderApart = {
	name: 'commander-apart',
	setup: (build: PluginBuild) => {
		build.onResolve({ filter: /^commander$/ }, () => ({
			path: './commander.cjs',
			external: true,
		}));
	},
};

/**
 * What Node loads for `import`: the names of the CommonJS build, which is then loaded once. Node parses a CommonJS file that an ES
 * module imports for its names, first (ws, debug, a build of ours), which costs up to 14 MB; so it is shown a file of names alone.
 */
function writeFacades(): void {
	const require = createRequire(import.meta.url);
	for (const name of Object.keys(library)) {
		const names = Object.keys(require(`./dist/${name}.cjs`) as object);
		writeFileSync(
			`dist/${name}-names.cjs`,
			[
				`const all = require('./${name}.cjs');`,
				...names.map((each) => `exports.${each} = all.${each};`),
				'',
			].join('\n'),
		);
		writeFileSync(
			`dist/${name}.js`,
			`export { ${names.join(', ')} } from './${name}-names.cjs';\n`,
		);
	}
}

export default defineConfig([
	{
		...shared,
		// What Node runs, and what the supervisor's webpack takes: whole files, since chunks of CommonJS shrink badly.
		entry: { ...library, commander: 'src/cli/commander.ts' },
		format: ['cjs'],
		splitting: false,
		treeshake: true,
		noExternal: [...bundled, ...esmOnly],
		dts: { entry: library },
		onSuccess: async () => {
			writeFacades();
		},
	},
	{
		...shared,
		// The command, which loads each of its parts when it is needed.
		entry: { cli: 'src/cli/main.ts' },
		format: ['cjs'],
		noExternal: [...bundled, ...esmOnly],
		esbuildPlugins: [commanderApart],
	},
	{
		...shared,
		// For bundlers (the condition `module`), which drop from ES modules what is not used.
		entry: library,
		format: ['esm'],
		outDir: 'dist/esm',
		treeshake: true,
		noExternal: bundled,
		// What this folds and joins, a bundler's own minifier no longer finds in pieces.
		esbuildOptions: (options) => {
			options.minifySyntax = true;
		},
	},
	// The types of the facades.
	{ entry: library, format: ['esm'], dts: { only: true, entry: library } },
]);
