import { exitFor } from './exit.js';
import { complain, wantsJson } from './complain.js';

const args = process.argv.slice(2);

/** Runs the daemon, where its flags can be read without commander; false where they cannot. */
async function runsDaemon(rest: readonly string[]): Promise<boolean> {
	const { readFlags, runDaemon } = await import('./run/daemon.js');
	const flags = readFlags(rest);
	if (flags === undefined) {
		return false;
	}
	process.exitCode = await runDaemon(flags, process.env);
	return true;
}

async function main(): Promise<void> {
	const [command, ...rest] = args;
	if (command === 'run' && (await runsDaemon(rest))) {
		return;
	}
	// The daemon has no output, and needs no stream for it.
	process.stdout.on('error', () => {
		process.exit(0);
	});
	const { makeProgram, tellErrors } = await import('./program.js');
	const program = await makeProgram(command);
	if (wantsJson(args, process.env)) {
		tellErrors(program, (text) => {
			complain(text, args, process.env);
		});
	}
	await program.parseAsync(args, { from: 'user' });
}

// Whoever reads may go away. A log that nobody reads must not end the tunnel; output that nobody reads ends the command.
process.stderr.on('error', () => undefined);

main().catch((thrown: unknown) => {
	const { code, message } = exitFor(thrown);
	if (message !== undefined) {
		complain(message, args, process.env);
	}
	process.exitCode = code;
});
