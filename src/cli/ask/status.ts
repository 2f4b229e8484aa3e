import type { Command } from 'commander';

import { toError } from '../../errors.js';
import type { StatusReply } from '../../telemetry/server.js';
import {
	addClientOptions,
	fetchStatus,
	healthAddress,
	noAgent,
	type ClientFlags,
} from './client.js';
import { EXIT } from '../exit.js';
import { bytes, duration, printable } from '../log/words.js';

function rows(status: StatusReply): Array<[string, string]> {
	const { link, waiting, connecting, lastOutcome } = status;
	const told: Array<[string, string | undefined]> = [
		['state', status.state],
		['node', link?.node ?? connecting?.node],
		['transport', link?.transport ?? connecting?.transport],
		[
			'round trip',
			link?.stats.roundTripMs === undefined
				? undefined
				: `${link.stats.roundTripMs.toFixed(1)} ms`,
		],
		['up for', link && duration(link.stats.ageMs)],
		[
			'traffic',
			link &&
				`${bytes(link.stats.bytesIn)} in, ${bytes(link.stats.bytesOut)} out, ${link.stats.openStreams} open streams`,
		],
		['waits', waiting && `${duration(waiting.leftMs)} more (${waiting.law})`],
		['until', waiting && new Date(waiting.at).toISOString()],
		['why', waiting?.reason],
		[
			'last outcome',
			lastOutcome &&
				`${lastOutcome.kind} (${lastOutcome.code}): ${lastOutcome.message}`,
		],
		['attempts', `${status.attempts}, of which ${status.links} led to a link`],
		['health', status.health.reason],
	];
	return told.filter((row): row is [string, string] => row[1] !== undefined);
}

/** The status for people. */
export function describeStatus(status: StatusReply): string {
	return rows(status)
		.map(([name, value]) => printable(`${name.padEnd(12)}  ${value}`))
		.join('\n');
}

/** `cloudlink-agent status` */
export function addStatus(program: Command): void {
	const command = program
		.command('status')
		.description('Tell how the running agent is, why it waits and until when.')
		.option('--json', 'as JSON, for programs');
	addClientOptions(command).action(
		async ({ json, ...flags }: ClientFlags & { json?: true }) => {
			const address = await healthAddress(flags, process.env);
			try {
				const status = await fetchStatus(address);
				const text = json
					? JSON.stringify(status, undefined, 2)
					: describeStatus(status);
				process.stdout.write(`${text}\n`);
			} catch (error) {
				process.stderr.write(`${noAgent(address, toError(error))}\n`);
				process.exitCode = EXIT.failure;
			}
		},
	);
}
