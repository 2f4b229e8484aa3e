#!/usr/bin/env node
import { exitFor } from './exit.js';
import { makeProgram } from './program.js';

async function main(args: readonly string[]): Promise<void> {
	const program = await makeProgram(args[0]);
	await program.parseAsync(args, { from: 'user' });
}

// Whoever reads may go away. A log that nobody reads must not end the tunnel; output that nobody reads ends the command.
process.stderr.on('error', () => undefined);
process.stdout.on('error', () => {
	process.exit(0);
});

main(process.argv.slice(2)).catch((thrown: unknown) => {
	const { code, message } = exitFor(thrown);
	if (message !== undefined) {
		process.stderr.write(`cloudlink-agent: ${message}\n`);
	}
	process.exitCode = code;
});
