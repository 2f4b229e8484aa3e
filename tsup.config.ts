import { defineConfig } from 'tsup';

// p-retry is ESM only, so the CommonJS build carries it (and its one dependency) inside: balena-supervisor
// loads this package with `require`, on Node 22 and through webpack. The other three runtime dependencies
// have CommonJS builds and stay external. What only our edge needs (option schemas, certificates, the
// command line) is a devDependency and bundled wherever it is used.
const bundled = ['valibot', 'leven', 'commander', '@peculiar/x509', 'reflect-metadata'];

const shared = {
	target: 'node20' as const,
	platform: 'node' as const,
	sourcemap: false,
	splitting: false,
	treeshake: true,
	shims: false,
};

export default defineConfig([
	{
		...shared,
		entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
		format: ['esm'],
		dts: true,
		clean: true,
		splitting: true,
		noExternal: bundled,
	},
	{
		...shared,
		entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' },
		format: ['cjs'],
		dts: true,
		noExternal: [...bundled, 'p-retry', 'is-network-error'],
	},
	{
		...shared,
		entry: { cli: 'src/cli/main.ts' },
		format: ['esm'],
		noExternal: bundled,
		banner: { js: '#!/usr/bin/env node' },
	},
]);
