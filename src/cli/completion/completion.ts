import { Argument, type Command } from 'commander';

import { SCRIPTS, type Shell } from './scripts.js';
import { wordsOf } from './words.js';

/** `cloudlink-agent completion bash`. @param makeProgram the program with all its commands */
export function addCompletion(makeProgram: () => Promise<Command>) {
	return (program: Command): void => {
		program
			.command('completion')
			.description(
				'Print the script that completes commands and flags in a shell; its first line says how to use it.',
			)
			.addArgument(
				new Argument('<shell>', 'the shell').choices(Object.keys(SCRIPTS)),
			)
			.action(async (shell: Shell) => {
				const words = wordsOf(await makeProgram());
				process.stdout.write(SCRIPTS[shell](words));
			});
	};
}
