import type { Command } from 'commander';

import { SETTINGS } from './table.js';
import type { SettingName } from './types.js';

/** Gives a command the flags of some settings. */
export function addSettings(
	command: Command,
	names: readonly SettingName[],
): Command {
	for (const name of names) {
		const { flag, env, help } = SETTINGS[name];
		command.option(flag, `${help} [${env}]`);
	}
	return command;
}
