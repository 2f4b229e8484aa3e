import { execFile, execFileSync } from 'node:child_process';
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

export interface Packed {
	/** A folder outside the repository with the package in its node_modules, as a user has it. */
	readonly folder: string;
	readonly tarball: string;
	/** Runs a script there and gives what it printed; throws with what it said if it fails. */
	script(name: string, text: string, ...flags: string[]): string;
	/** The same, for a script that talks to this process. */
	run(name: string, text: string): Promise<string>;
	remove(): void;
}

/** Node looks for packages in every folder above: a test that finds them there shows nothing. */
function assertAlone(folder: string): void {
	for (let at = dirname(folder); at !== dirname(at); at = dirname(at)) {
		if (existsSync(join(at, 'node_modules'))) {
			throw new Error(
				`${at} has a node_modules, which helps what is tested in ${folder}: remove it, or set TMPDIR.`,
			);
		}
	}
}

/**
 * Packs what was built, and installs the tarball somewhere else, with nothing beside it but `others`. Needs `npm run build` before it.
 */
export function installPacked(others: readonly string[] = []): Packed {
	const folder = mkdtempSync(join(tmpdir(), 'cloudlink-packed-'));
	assertAlone(folder);
	const packed = execFileSync(
		'npm',
		['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
		{ encoding: 'utf8' },
	);
	const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
	const tarball = join(folder, filename);
	const app = join(folder, 'app');
	mkdirSync(app);
	writeFileSync(join(app, 'package.json'), '{ "private": true }');
	execFileSync(
		'npm',
		[
			'install',
			'--ignore-scripts',
			'--omit=dev',
			'--omit=optional',
			'--no-audit',
			'--no-fund',
			'--prefer-offline',
			tarball,
			...others,
		],
		{ cwd: app, stdio: 'pipe' },
	);
	return {
		folder: app,
		tarball,
		script: (name, text, ...flags) => {
			const file = join(app, name);
			writeFileSync(file, text);
			return execFileSync(process.execPath, [...flags, file], {
				cwd: app,
				encoding: 'utf8',
				stdio: 'pipe',
				timeout: 60_000,
			});
		},
		run: async (name, text) => {
			const file = join(app, name);
			writeFileSync(file, text);
			const { stdout } = await execFileAsync(process.execPath, [file], {
				cwd: app,
				timeout: 60_000,
			});
			return stdout;
		},
		remove: () => {
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

export const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
	readonly version: string;
	readonly exports: Readonly<Record<string, unknown>>;
	readonly dependencies: Readonly<Record<string, string>>;
	readonly devDependencies: Readonly<Record<string, string>>;
};

/** This package's version. */
export const { version } = manifest;

/** Every name by which code of this package is loaded: `cloudlink-agent`, `cloudlink-agent/udp`, ... */
export const ENTRIES = Object.keys(manifest.exports)
	.filter((name) => !name.endsWith('.json'))
	.map((name) => name.replace(/^\./, 'cloudlink-agent'));
