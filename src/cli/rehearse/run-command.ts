import { spawn } from 'node:child_process';

/** A command of the operator's that cuts devices: a rollout, say. */
export interface RunningCommand {
	/** Resolves, never rejects, with its exit code, or in words why it has none. */
	readonly ended: Promise<string>;
	kill(): void;
}

/** Runs it by the shell. What it prints goes to stderr, since stdout is for the result. */
export function runCommand(command: string): RunningCommand {
	// A process group of its own, so that what it started can be ended with it.
	const child = spawn('/bin/sh', ['-c', command], {
		stdio: ['ignore', 2, 2],
		detached: true,
	});
	return {
		ended: new Promise((resolve) => {
			child.once('error', ({ message }) => {
				resolve(message);
			});
			child.once('exit', (code, signal) => {
				resolve(String(code ?? signal));
			});
		}),
		kill: () => {
			if (child.pid === undefined || child.exitCode !== null) {
				return;
			}
			try {
				process.kill(-child.pid, 'SIGTERM');
			} catch {
				// It has gone in this very moment.
			}
		},
	};
}
