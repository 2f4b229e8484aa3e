#!/usr/bin/env node
import { Command } from 'commander';

import { VERSION } from '../version.js';
import { exitFor } from './exit.js';

type Add = (program: Command) => void;

/** A command's module is loaded only when the command is asked for, or all for the list of them. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
	run: async () => (await import('./run.js')).addRun,
	status: async () => (await import('./status.js')).addStatus,
	check: async () => (await import('./check.js')).addCheck,
	doctor: async () => (await import('./doctor.js')).addDoctor,
	mock: async () => (await import('./mock.js')).addMock,
	demo: async () => (await import('./demo.js')).addDemo,
	simulate: async () => (await import('./simulate.js')).addSimulate,
};

async function main(args: readonly string[]): Promise<void> {
	const program = new Command('cloudlink-agent')
		.description("Holds a device's Cloudlink tunnel up.")
		.version(VERSION)
		.showSuggestionAfterError()
		.showHelpAfterError('Run it with --help for its options.')
		.exitOverride();
	const asked = COMMANDS[args[0] ?? ''];
	for (const load of asked ? [asked] : Object.values(COMMANDS)) {
		(await load())(program);
	}
	await program.parseAsync(args, { from: 'user' });
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
	const { code, message } = exitFor(thrown);
	if (message !== undefined) {
		process.stderr.write(`cloudlink-agent: ${message}\n`);
	}
	process.exitCode = code;
});
