import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import TerserPlugin from 'terser-webpack-plugin';
import webpack from 'webpack';

/** balena-supervisor's own minimizer: names stay as they are. */
const minimizer = new TerserPlugin({
	terserOptions: { mangle: false, keep_classnames: true },
	extractComments: false,
});

/** Bundles `entry` as the supervisor does, by webpack in production mode, into one file in `dist` of the folder. */
export async function bundle(
	folder: string,
	entry: string,
	filename = 'app.js',
): Promise<webpack.StatsCompilation> {
	const compiler = webpack({
		mode: 'production',
		target: 'node',
		context: folder,
		entry,
		output: { filename, path: join(folder, 'dist') },
		resolve: { extensions: ['.js', '.json'] },
		node: { __dirname: false },
		optimization: { minimize: true, minimizer: [minimizer] },
		performance: { hints: false },
	});
	return await new Promise((done, fail) => {
		compiler.run((error, stats) => {
			compiler.close(() => {
				if (error || !stats) {
					fail(error ?? new Error('no result'));
				} else {
					done(stats.toJson({ all: false, errors: true, warnings: true }));
				}
			});
		});
	});
}

/** The newest Node of a line, from the registry's package `node`; undefined where it cannot be had. */
export function nodeOf(line: number): string | undefined {
	if (process.version.startsWith(`v${line}.`)) {
		return process.execPath;
	}
	try {
		return execFileSync(
			'npx',
			['--yes', '--package', `node@${line}`, 'node', '-p', 'process.execPath'],
			{
				encoding: 'utf8',
				stdio: ['ignore', 'pipe', 'ignore'],
				timeout: 120_000,
			},
		).trim();
	} catch (error) {
		if (process.env.CI) {
			throw error;
		}
		return undefined;
	}
}
