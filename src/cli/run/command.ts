import type { Command } from 'commander';

import { runDaemon } from './daemon.js';
import { SETTINGS } from '../settings/table.js';
import type { Flags } from '../settings/collect.js';

/** `cloudlink-agent run` */
export function addRun(program: Command): void {
	const command = program
		.command('run')
		.description(
			'Hold the tunnel of this device, as a service or in a terminal.',
		)
		.option(
			'--config <file>',
			"balenaOS's config.json (CLOUDLINK_CONFIG; default: /mnt/boot/config.json where there is one)",
		);
	for (const { flag, env, help } of Object.values(SETTINGS)) {
		command.option(flag, `${help} [${env}]`);
	}
	command
		.addHelpText(
			'after',
			'\nEach option may also be given by the variable in brackets, or in the section "cloudlink" of config.json.',
		)
		.action(async (flags: Flags) => {
			process.exitCode = await runDaemon(flags, process.env);
		});
}
