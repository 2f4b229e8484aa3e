import type { Command } from 'commander';

import { EXIT } from '../exit.js';
import { paintFor } from '../log/colour.js';
import { Masker } from '../log/mask.js';
import { addSettings } from '../settings/flags.js';
import type { Flags } from '../settings/types.js';
import { describeFinding } from './describe.js';
import type { Finding } from './finding.js';
import { runDoctor } from './run-doctor.js';

/** `cloudlink-agent doctor` */
export function addDoctor(program: Command): void {
	const command = program
		.command('doctor')
		.description(
			'Look for what keeps this device from its node: one line each, with what to do, and a verdict. Exits with 1 if something has to be mended.',
		)
		.option('--config <file>', "balenaOS's config.json")
		.option('--json', 'as JSON, for programs')
		.option(
			'--authenticate',
			"dial in the device's own name even where its agent has a link or was asked to wait; at some nodes this replaces the live link for a moment",
		)
		.option(
			'--bundle <file>',
			'also write an archive (.tar.gz) for whoever cannot reach the device: findings, status, history, log, configuration without secrets, network',
		)
		.option('--anonymous', "never dial in the device's own name");
	addSettings(command, [
		'nodes',
		'transports',
		'ca',
		'insecure',
		'proxy',
		'uuid',
		'keyFile',
		'openvpnConfig',
		'openvpnBinary',
		'health',
		'control',
	]).action(async (flags: Flags) => {
		const all: Finding[] = [];
		const paint = paintFor(process.stdout, process.env);
		const masker = new Masker();
		const tell = (finding: Finding) => {
			all.push(finding);
			if (!flags.json) {
				process.stdout.write(`${describeFinding(finding, paint)}\n`);
			}
		};
		const healthy = await runDoctor(flags, process.env, tell, masker);
		if (typeof flags.bundle === 'string') {
			const { writeBundle } = await import('./bundle/write-bundle.js');
			await writeBundle(flags.bundle, all, flags, process.env, masker);
			process.stderr.write(`Written to ${flags.bundle}.\n`);
		}
		if (flags.json) {
			const report = { healthy, verdict: all.pop(), findings: all };
			process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
		}
		process.exitCode = healthy ? EXIT.ok : EXIT.failure;
	});
}
