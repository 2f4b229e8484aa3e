import type { Command } from 'commander';

import { toError } from '../../errors.js';
import type { StatusReply } from '../../telemetry/server.js';
import { fetchStatus, noAgent } from './client.js';
import { addPlaceOptions, healthAddress, type PlaceFlags } from './place.js';
import { EXIT } from '../exit.js';

/** What a check prints and exits with. */
export interface CheckResult {
	readonly code: number;
	readonly line: string;
}

/**
 * Judges a status. With `live` an agent that waits for its turn passes: to restart it would not bring the link
 * back sooner, and would throw away its place.
 */
export function judge(status: StatusReply, live: boolean): CheckResult {
	if (!status.health.ok) {
		return { code: EXIT.failure, line: status.health.reason };
	}
	return {
		code: status.ready.ok || live ? EXIT.ok : EXIT.notConnected,
		line: status.ready.reason,
	};
}

/** `cloudlink-agent check` */
export function addCheck(program: Command): void {
	const command = program
		.command('check')
		.description(
			'Check the running agent; the exit code is the answer: 0 connected, 3 not connected, 1 not running or stuck.',
		)
		.option(
			'--live',
			'pass as long as the agent works, connected or not: for healthdog, HEALTHCHECK and other things that restart it',
		);
	addPlaceOptions(command, 'health').action(
		async ({ live, ...flags }: PlaceFlags & { live?: true }) => {
			const address = await healthAddress(flags, process.env);
			const { code, line } = await fetchStatus(address).then(
				(status) => judge(status, live ?? false),
				(error: unknown) => ({
					code: EXIT.failure,
					line: noAgent(address, toError(error)),
				}),
			);
			process.stdout.write(`${line}\n`);
			process.exitCode = code;
		},
	);
}
