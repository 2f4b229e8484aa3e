import { execFileSync } from 'node:child_process';
import {
	mkdirSync,
	mkdtempSync,
	readFileSync,
	rmSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Packed {
	/** A folder outside the repository with the package in its node_modules, as a user has it. */
	readonly folder: string;
	readonly tarball: string;
	/** Runs a script there and gives what it printed; throws with what it said if it fails. */
	script(name: string, text: string, ...flags: string[]): string;
	remove(): void;
}

/** Packs what was built, and installs the tarball somewhere else. Needs `npm run build` before it. */
export function installPacked(): Packed {
	const folder = mkdtempSync(join(tmpdir(), 'cloudlink-packed-'));
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
		remove: () => {
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** This package's version. */
export const version = (
	JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
).version;
