import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { build as bundle, transform, type PluginBuild } from 'esbuild';
import {
	rollup,
	type GetModuleInfo,
	type OutputOptions,
	type Plugin,
} from 'rollup';
import { minify as terser } from 'terser';
import { defineConfig } from 'tsup';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
	version: string;
};

const library = {
	index: 'src/index.ts',
	openvpn: 'src/openvpn.ts',
	'openvpn-attached': 'src/openvpn-attached.ts',
	websocket: 'src/websocket.ts',
	host: 'src/host.ts',
	udp: 'src/udp.ts',
	testing: 'src/testing/index.ts',
	simulator: 'src/simulator/index.ts',
	operator: 'src/operator/index.ts',
};

// What the supervisor takes, by themselves for webpack.
const alone = ['openvpn-attached', 'host'] as const;

// Loaded when they are asked for, and named here for who has to tell what they load.
const loadedLater = {
	start: 'src/cli/start.ts',
	daemon: 'src/cli/run/daemon.ts',
	attached: 'src/transports/openvpn/attached.ts',
	owned: 'src/transports/openvpn/owned.ts',
};

// What only our edge needs (certificates, the command line, the nearest right name) is a devDependency, and bundled
// wherever it is used.
const bundled = ['leven', 'commander', '@peculiar/x509', 'reflect-metadata'];

// p-retry is ESM only, so the CommonJS build carries it (and its one dependency) inside: balena-supervisor
// loads this package with `require`, on Node 22 and through webpack. eventemitter3 is one small class: to find and load its file costs Node
// more than the class. ws and debug stay external: a program shares them, and sets debug up.
const inside = ['p-retry', 'is-network-error', 'eventemitter3'];

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

/** ES modules on their way to CommonJS. */
const PARTS = '.tmp/parts';

/** Everything that a module needs at once, itself included: what it loads later does not count. */
function loadedWith(entry: string, of: GetModuleInfo): Set<string> {
	const all = new Set([entry]);
	for (const id of all) {
		of(id)?.importedIds.forEach((each) => all.add(each));
	}
	return all;
}

/** Short names for webpack, which in the supervisor leaves names as they are. esbuild shortens private ones too, terser the rest better. */
async function shorten(code: string): Promise<string> {
	const short = await transform(
		code.replace(
			/require\([^()]*["']debug["']\s*\)/g,
			'require("./debug.cjs")',
		),
		{ format: 'cjs', target: 'node20', minify: true },
	);
	const { code: shorter } = await terser(short.code, {
		module: true,
		ecma: 2020,
		compress: { passes: 3 },
	});
	return shorter!;
}

const shortNames: Plugin = { name: 'short-names', renderChunk: shorten };

// What a file of ours loads when it is used is in the same file here: loaded at once, it needs no wrapper.
const loadedAtOnce = {
	name: 'loaded-at-once',
	setup: (build: PluginBuild) => {
		build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
			const imports: string[] = [];
			const contents = readFileSync(path, 'utf8').replace(
				/await import\(\s*(?:\/\*.*?\*\/\s*)?('\..*?'),?\s*\)/g,
				(_call, file: string) => {
					const name = `loaded${imports.length}`;
					imports.push(`import * as ${name} from ${file};`);
					return name;
				},
			);
			return { contents: imports.join('') + contents, loader: 'ts' };
		});
	},
};

/** esbuild requires a module of Node once for each file that imports it: one of them is enough. */
function requireOnce(code: string): string {
	const names = new Map<string, string>();
	return code.replace(
		/\b(import_\w+) = require\("(node:.+?)"\)/g,
		(all, name: string, module: string) => {
			const first = names.get(module);
			if (first === undefined) {
				names.set(module, name);
				return all;
			}
			return `${name} = ${first}`;
		},
	);
}

/** One file for webpack that shares nothing with the others, and so has nothing in it that only they need. */
async function bundleAlone(entry: string, name: string): Promise<void> {
	const { outputFiles } = await bundle({
		entryPoints: [entry],
		bundle: true,
		write: false,
		format: 'cjs',
		target: 'node20',
		platform: 'node',
		external: ['debug', 'supports-color'],
		define: shared.define,
		// Of an import() webpack would make a second file.
		supported: { 'dynamic-import': false },
		minifySyntax: true,
		treeShaking: true,
		plugins: [loadedAtOnce],
	});
	mkdirSync('dist/webpack', { recursive: true });
	writeFileSync(
		`dist/webpack/${name}.cjs`,
		await shorten(requireOnce(outputFiles[0]!.text)),
	);
}

/**
 * esbuild splits ES modules only, and into many small files; each file that Node loads costs memory. Rollup makes them CommonJS, with all
 * that every transport's entry needs in one file, so that a class is one class wherever it comes from. `dist` is for Node and for people,
 * `dist/webpack` for webpack.
 */
async function writeCommonJs(): Promise<void> {
	const part = (name: string) => resolve(PARTS, `${name}.js`);
	const build = async (
		dir: string,
		names: string[],
		output: OutputOptions,
	): Promise<void> => {
		const parts = await rollup({
			input: Object.fromEntries(names.map((name) => [name, part(name)])),
			external: (id) => !/^[/.]/.test(id) || id.endsWith('/commander.cjs'),
			treeshake: { moduleSideEffects: (_id, external) => !external },
		});
		await parts.write({
			dir,
			format: 'cjs',
			entryFileNames: '[name].cjs',
			chunkFileNames: ({ name }) =>
				`${name.replace(/-[A-Z0-9]{8}$/, '')}-[hash].cjs`,
			generatedCode: { preset: 'es2015', symbols: false },
			// As it is, not a copy: to copy Node's tls is to parse every certificate that Node brings.
			interop: (id) => (isBuiltin(id ?? '') ? 'esModule' : 'default'),
			freeze: false,
			esModule: false,
			dynamicImportInCjs: false,
			externalLiveBindings: false,
			hoistTransitiveImports: false,
			...output,
		});
		await parts.close();
	};
	// What an operator embeds is a file by itself, which loads nothing of the agent.
	const entries = Object.keys(library).filter((name) => name !== 'operator');
	await build('dist', ['operator'], { minifyInternalExports: false });
	await build('dist/webpack', ['operator'], { plugins: [shortNames] });
	await build('dist', [...entries, 'cli'], {
		minifyInternalExports: false,
		manualChunks: (id, { getModuleInfo }) => {
			const usedBy = (name: string) =>
				loadedWith(part(name), getModuleInfo).has(id);
			const users = ['openvpn', 'websocket', 'udp'].filter(usedBy);
			const isTraits = users.length > 0 && usedBy('simulator');
			if (users.length === 3 || isTraits) {
				return 'core';
			}
			if (users.length === 1) {
				return users[0];
			}
			if (usedBy('attached') && usedBy('owned')) {
				return 'management';
			}
			// For a daemon it is dear to load a file, not to have a part in it that it does not need.
			return !usedBy('daemon')
				? undefined
				: usedBy('index')
					? 'host'
					: usedBy('start')
						? 'log'
						: 'daemon';
		},
	});
	await build(
		'dist/webpack',
		entries.filter((name) => !alone.some((one) => one === name)),
		{ plugins: [shortNames] },
	);
	// Its own entry would bring its half for browsers.
	await bundleAlone('debug/src/node.js', 'debug');
	for (const name of alone) {
		await bundleAlone(library[name], name);
	}
	chmodSync('dist/cli.cjs', 0o755);
}

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
		// What Node runs: every entry and the command share their parts, so that a class is one class wherever it comes from.
		entry: { ...library, cli: 'src/cli/main.ts', ...loadedLater },
		format: ['esm'],
		outDir: PARTS,
		clean: true,
		silent: true,
		noExternal: [...bundled, ...inside],
		esbuildPlugins: [commanderApart],
		onSuccess: async () => {
			await writeCommonJs();
			writeFacades();
		},
	},
	{
		...shared,
		entry: { commander: 'src/cli/commander.ts' },
		format: ['cjs'],
		splitting: false,
		noExternal: bundled,
	},
	// The types, which are the same for both.
	{
		entry: library,
		format: ['esm', 'cjs'],
		dts: { only: true, entry: library },
	},
]);
