/**
 * Runs test/compat against the built package on other versions of Node, which the registry's `node` package
 * brings: `npm run test:compat -- 20.12.0 22`. Without versions, on all that are supported.
 */
import { spawnSync } from 'node:child_process';

const SUPPORTED = ['20.12.0', '20', '22', '24'];
const asked = process.argv.slice(2);

for (const version of asked.length > 0 ? asked : SUPPORTED) {
	console.log(`Node ${version}`);
	const { status } = spawnSync(
		'npx',
		[
			...['-y', '-p', `node@${version}`, 'node'],
			...['node_modules/mocha/bin/mocha.js'],
			...['--config', 'test/compat/.mocharc.json'],
		],
		{ stdio: 'inherit' },
	);
	if (status !== 0) {
		console.error(`Node ${version} failed.`);
		process.exitCode = 1;
	}
}
