import { Command } from 'commander';

import { VERSION } from '../version.js';
import type { AgentCommand } from './ask/command-agent.js';

type Add = (program: Command) => void;

const forAgent = (name: AgentCommand) => async () =>
	(await import('./ask/command-agent.js')).addCommandAgent(name);

/** A command's module is loaded only when the command is asked for, or all for the list of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
	run: async () => (await import('./run/run.js')).addRun,
	status: async () => (await import('./ask/status.js')).addStatus,
	check: async () => (await import('./ask/check.js')).addCheck,
	reconnect: forAgent('reconnect'),
	pause: forAgent('pause'),
	resume: forAgent('resume'),
	ping: forAgent('ping'),
	reload: forAgent('reload'),
	doctor: async () => (await import('./doctor/doctor.js')).addDoctor,
	mock: async () => (await import('./mock/mock.js')).addMock,
	demo: async () => (await import('./demo/demo.js')).addDemo,
	completion: async () =>
		(await import('./completion/completion.js')).addCompletion(makeProgram),
	simulate: async () => (await import('./simulate.js')).addSimulate,
	rehearse: async () => (await import('./rehearse/rehearse.js')).addRehearse,
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
