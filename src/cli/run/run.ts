import type { Command } from 'commander';

import { addSettings } from '../settings/flags.js';
import { SETTINGS } from '../settings/table.js';
import type { Flags, SettingName } from '../settings/types.js';
import { runDaemon } from './daemon.js';

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
	addSettings(command, Object.keys(SETTINGS) as SettingName[])
		.addHelpText(
			'after',
			'\nEach option may also be given by the variable in brackets, or in the section "cloudlink" of config.json.',
		)
		.action(async (flags: Flags) => {
			process.exitCode = await runDaemon(flags, process.env);
		});
}
