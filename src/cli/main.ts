#!/usr/bin/env node
import { exitFor } from './exit.js';
import { makeProgram } from './program.js';

async function main(args: readonly string[]): Promise<void> {
	const program = await makeProgram(args[0]);
	await program.parseAsync(args, { from: 'user' });
}

main(process.argv.slice(2)).catch((thrown: unknown) => {
	const { code, message } = exitFor(thrown);
	if (message !== undefined) {
		process.stderr.write(`cloudlink-agent: ${message}\n`);
	}
	process.exitCode = code;
});
