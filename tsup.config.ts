import { readFileSync } from 'node:fs';
import type { PluginBuild } from 'esbuild';
import { defineConfig } from 'tsup';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

const library = {
	index: 'src/index.ts',
	testing: 'src/testing/index.ts',
	simulator: 'src/simulator/index.ts',
};

// What only our edge needs (option schemas, certificates, the command line) is a devDependency, and bundled
// wherever it is used.
const bundled = ['valibot', 'leven', 'commander', '@peculiar/x509', 'reflect-metadata'];

// p-retry is ESM only, so the CommonJS build carries it (and its one dependency) inside: balena-supervisor
// loads this package with `require`, on Node 22 and through webpack. The other three runtime dependencies
// have CommonJS builds and stay external.
const esmOnly = ['p-retry', 'is-network-error'];

const shared = {
	target: 'node20' as const,
	platform: 'node' as const,
	treeshake: true,
	define: { CLOUDLINK_AGENT_VERSION: JSON.stringify(version) },
	dts: { entry: library },
};

// commander is CommonJS and requires Node's modules, which a bundle of ES modules cannot: it is a file of its own.
const commanderApart = {
	name: 'commander-apart',
	setup: (build: PluginBuild) => {
		build.onResolve({ filter: /^commander$/ }, () => ({
			path: './commander.cjs',
			external: true,
		}));
	},
};

export default defineConfig([
	{
		...shared,
		// The command is ESM alone, and shares its chunks with the library.
		entry: { ...library, cli: 'src/cli/main.ts' },
		format: ['esm'],
		splitting: true,
		noExternal: bundled,
		esbuildPlugins: [commanderApart],
	},
	{
		...shared,
		entry: { ...library, commander: 'src/cli/commander.ts' },
		format: ['cjs'],
		noExternal: [...bundled, ...esmOnly],
	},
]);
