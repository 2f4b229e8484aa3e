import type { Command } from 'commander';

import { examineHost, examineNodes } from './examine.js';
import type { Finding, Grade } from './finding.js';
import { admit } from './patient.js';
import { EXIT } from '../exit.js';
import { Masker } from '../log/mask.js';
import { SETTINGS } from '../settings/table.js';
import type { SettingName } from '../settings/types.js';
import type { Env, Flags } from '../settings/types.js';
import { printable } from '../log/words.js';

const MARK: Record<Grade, string> = {
	ok: 'ok  ',
	note: 'note',
	warning: 'warn',
	failure: 'FAIL',
};

/** One line: what was seen, and what to do. */
export function describeFinding({
	check,
	grade,
	seen,
	advice,
}: Finding): string {
	const line = `${MARK[grade]}  ${check.padEnd(11)}  ${seen}`;
	return printable(advice && grade !== 'ok' ? `${line} -> ${advice}` : line);
}

const USED: readonly SettingName[] = [
	'nodes',
	'transports',
	'ca',
	'insecure',
	'proxy',
	'uuid',
	'keyFile',
	'openvpnConfig',
	'openvpnBinary',
];

/** Runs every check, handing each finding out as it is made; true if none of them has to be mended. */
export async function runDoctor(
	flags: Flags,
	env: Env,
	tell: (finding: Finding) => void,
): Promise<boolean> {
	let failed = false;
	const report = (finding: Finding) => {
		failed ||= finding.grade === 'failure';
		tell(finding);
	};
	const masker = new Masker();
	const masked = (finding: Finding): Finding => ({
		...finding,
		seen: masker.mask(finding.seen),
	});
	const { patient, found } = await admit(flags, env, masker);
	for (const finding of [...found, ...(await examineHost(patient))]) {
		report(masked(finding));
	}
	for await (const finding of examineNodes(patient)) {
		report(masked(finding));
	}
	return !failed;
}

/** `cloudlink-agent doctor` */
export function addDoctor(program: Command): void {
	const command = program
		.command('doctor')
		.description(
			'Look for what keeps this device from its node: one line each, with what to do. Exits with 1 if something has to be mended.',
		)
		.option('--config <file>', "balenaOS's config.json")
		.option('--json', 'as JSON, for programs')
		.option(
			'--authenticate',
			"dial in the device's own name; at some nodes this replaces its live link for a moment",
		);
	for (const name of USED) {
		const { flag, env, help } = SETTINGS[name];
		command.option(flag, `${help} [${env}]`);
	}
	command.action(async (flags: Flags) => {
		const all: Finding[] = [];
		const healthy = await runDoctor(flags, process.env, (finding) => {
			all.push(finding);
			if (!flags.json) {
				process.stdout.write(`${describeFinding(finding)}\n`);
			}
		});
		if (flags.json) {
			process.stdout.write(
				`${JSON.stringify({ healthy, findings: all }, undefined, 2)}\n`,
			);
		}
		process.exitCode = healthy ? EXIT.ok : EXIT.failure;
	});
}
