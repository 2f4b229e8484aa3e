#!/usr/bin/env node
import { exitFor } from './exit.js';
import { complain, wantsJson } from './complain.js';
import { makeProgram, tellErrors } from './program.js';

const args = process.argv.slice(2);

async function main(): Promise<void> {
	const program = await makeProgram(args[0]);
	if (wantsJson(args, process.env)) {
		tellErrors(program, (text) => {
			complain(text, args, process.env);
		});
	}
	await program.parseAsync(args, { from: 'user' });
}

// Whoever reads may go away. A log that nobody reads must not end the tunnel; output that nobody reads ends the command.
process.stderr.on('error', () => undefined);
process.stdout.on('error', () => {
	process.exit(0);
});

main().catch((thrown: unknown) => {
	const { code, message } = exitFor(thrown);
	if (message !== undefined) {
		complain(message, args, process.env);
	}
	process.exitCode = code;
});
