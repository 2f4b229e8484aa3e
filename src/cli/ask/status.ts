import type { Command } from 'commander';

import { toError } from '../../errors.js';
import { systemClock, wait } from '../../runtime/index.js';
import type { HealthAddress } from '../../telemetry/address.js';
import { EXIT } from '../exit.js';
import { paintFor } from '../log/colour.js';
import { fetchStatus, noAgent } from './client.js';
import { describeStatus } from './describe-status.js';
import { addPlaceOptions, healthAddress, type PlaceFlags } from './place.js';

interface StatusFlags extends PlaceFlags {
	readonly json?: true;
	readonly watch?: true;
}

const WATCH_EVERY_MS = 1000;
/** Home, and all below it gone. */
const CLEAR = '\u001b[H\u001b[J';

/** What there is to print, and whether an agent answered. */
async function look(
	address: HealthAddress,
	flags: StatusFlags,
): Promise<{ readonly text: string; readonly answers: boolean }> {
	try {
		const status = await fetchStatus(address);
		const text = flags.json
			? JSON.stringify(status, undefined, flags.watch ? undefined : 2)
			: describeStatus(status, paintFor(process.stdout, process.env));
		return { text, answers: true };
	} catch (error) {
		return { text: noAgent(address, toError(error)), answers: false };
	}
}

/** Prints it again and again, until it is interrupted or nobody reads. */
async function watch(
	address: HealthAddress,
	flags: StatusFlags,
): Promise<never> {
	const clear = process.stdout.isTTY && !flags.json ? CLEAR : '';
	for (;;) {
		const { text, answers } = await look(address, flags);
		const stream = answers || clear ? process.stdout : process.stderr;
		stream.write(`${clear}${text}\n`);
		await wait(systemClock, WATCH_EVERY_MS, new AbortController().signal);
	}
}

/** `cloudlink-agent status` */
export function addStatus(program: Command): void {
	const command = program
		.command('status')
		.description(
			'Tell how the running agent is, why it waits and until when, and what its last attempts came to.',
		)
		.option('--json', 'as JSON, for programs')
		.option('--watch', 'again every second, until Ctrl-C; JSON: one line each');
	addPlaceOptions(command, 'health').action(async (flags: StatusFlags) => {
		const address = await healthAddress(flags, process.env);
		if (flags.watch) {
			await watch(address, flags);
		}
		const { text, answers } = await look(address, flags);
		(answers ? process.stdout : process.stderr).write(`${text}\n`);
		process.exitCode = answers ? EXIT.ok : EXIT.failure;
	});
}
