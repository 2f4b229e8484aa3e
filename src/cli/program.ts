import { Command } from 'commander';

import { VERSION } from '../version.js';

type Add = (program: Command) => void;

/** A command's module is loaded only when the command is asked for, or all for the list of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
	run: async () => (await import('./run/command.js')).addRun,
	status: async () => (await import('./ask/status.js')).addStatus,
	check: async () => (await import('./ask/check.js')).addCheck,
	reconnect: async () =>
		(await import('./ask/command-agent.js')).addCommandAgent('reconnect'),
	pause: async () =>
		(await import('./ask/command-agent.js')).addCommandAgent('pause'),
	resume: async () =>
		(await import('./ask/command-agent.js')).addCommandAgent('resume'),
	reload: async () =>
		(await import('./ask/command-agent.js')).addCommandAgent('reload'),
	doctor: async () => (await import('./doctor/command.js')).addDoctor,
	mock: async () => (await import('./mock/command.js')).addMock,
	demo: async () => (await import('./demo/command.js')).addDemo,
	simulate: async () => (await import('./simulate.js')).addSimulate,
};

/** The command line with the command that was asked for, or with all. */
export async function makeProgram(asked?: string): Promise<Command> {
	const program = new Command('cloudlink-agent')
		.description("Holds a device's Cloudlink tunnel up.")
		.version(VERSION)
		.showSuggestionAfterError()
		.showHelpAfterError('Run it with --help for its options.')
		.exitOverride();
	const one = COMMANDS[asked ?? ''];
	for (const load of one ? [one] : Object.values(COMMANDS)) {
		(await load())(program);
	}
	return program;
}

/** Has wrong usage told by `outputError` alone, in this program and in its commands. */
export function tellErrors(
	program: Command,
	outputError: (text: string) => void,
): void {
	for (const command of [program, ...program.commands]) {
		command.configureOutput({ outputError }).showHelpAfterError(false);
	}
}
