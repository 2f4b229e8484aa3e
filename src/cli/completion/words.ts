import type { Command } from 'commander';

/** What can be completed after a command: its long flags, and those among them that take a file. */
export interface CommandWords {
	readonly name: string;
	readonly summary: string;
	readonly flags: ReadonlyArray<{
		readonly long: string;
		readonly summary: string;
		readonly takesFile: boolean;
		readonly takesValue: boolean;
	}>;
}

/** The first sentence, or what stands before the first bracket: there is one line for it. */
const summaryOf = (text: string) =>
	text
		.split(/[.:;([]/)[0]!
		.replace(/['"`$\\]/g, '')
		.trim();

/** Reads the words off the commands themselves, so that none can be forgotten. */
export function wordsOf(program: Command): CommandWords[] {
	return program.commands.map((command) => ({
		name: command.name(),
		summary: summaryOf(command.description()),
		flags: [
			...command.options.map(({ long, flags, description }) => ({
				long: long!,
				summary: summaryOf(description),
				takesFile: /<(file|path|program)/.test(flags),
				takesValue: flags.includes('<'),
			})),
			{
				long: '--help',
				summary: 'what it does and takes',
				takesFile: false,
				takesValue: false,
			},
		],
	}));
}
