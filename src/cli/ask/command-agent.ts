import type { Command } from 'commander';

import { toError } from '../../errors.js';
import { EXIT } from '../exit.js';
import type { ControlReply } from '../run/parts/control.js';
import { noAgent } from './client.js';
import { addPlaceOptions, controlAddress, type PlaceFlags } from './place.js';
import { askAgent, replyWith } from './request.js';

/** What the running agent can be told to do, by the name of the command. */
const COMMANDS = {
	reconnect:
		'Have the running agent dial now: ends a wait that no node asked for; with a link, makes another in its place.',
	pause:
		'Have the running agent end its link and make no other, until resume or until it starts anew.',
	resume: 'Have an agent that was paused go on.',
	reload: 'Have the running agent read its config.json anew, as SIGHUP does.',
} as const;

/** `cloudlink-agent reconnect`, `pause`, `resume` and `reload`: root only, by the mode of the socket. */
export function addCommandAgent(name: keyof typeof COMMANDS) {
	return (program: Command): void => {
		const command = program.command(name).description(COMMANDS[name]);
		addPlaceOptions(command, 'control').action(async (flags: PlaceFlags) => {
			const address = await controlAddress(flags, process.env);
			try {
				const { body } = await askAgent(address, 'POST', `/${name}`);
				const reply = replyWith<ControlReply>(body, 'done', 'reason');
				if (!reply) {
					throw new Error('the answer is not from cloudlink-agent');
				}
				process.stdout.write(`${reply.reason}\n`);
				process.exitCode = reply.done ? EXIT.ok : EXIT.failure;
			} catch (error) {
				const line = noAgent(address, toError(error), '--control');
				process.stderr.write(`${line}\n`);
				process.exitCode = EXIT.failure;
			}
		});
	};
}
