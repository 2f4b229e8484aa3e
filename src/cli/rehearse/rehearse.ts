import type { Command } from 'commander';

import { systemClock } from '../../runtime/index.js';
import { describeFinding } from '../doctor/describe.js';
import { EXIT } from '../exit.js';
import { ProgressBar } from '../simulate/progress.js';
import { stopSignals } from '../stop-signals.js';
import { addArguments, DEFAULT_TRANSPORTS } from './arguments.js';
import { checkFirst } from './check.js';
import { mergeDoubts, mergeRecordings } from './merge.js';
import {
	resolveRehearsal,
	type RehearsalOptions,
	type RehearseFlags,
} from './options.js';
import { present, type Presentation } from './present.js';
import { readRecording } from './recording.js';
import { runRehearsal } from './run-rehearsal.js';

const toStdout = (text: string) => {
	process.stdout.write(text);
};
const toStderr = (text: string) => {
	process.stderr.write(text);
};

/** `cloudlink-agent rehearse`, and `rehearse merge`. */
export function addRehearse(program: Command): void {
	const command = program
		.command('rehearse')
		.description(
			'Bring many real agents up on your staging nodes, cut them all at one instant, and tell how they come back, with the simulator beside it.',
		);
	addArguments(command).action(
		async (
			flags: Omit<RehearseFlags, 'transports'> & Partial<RehearseFlags>,
		) => {
			process.exitCode = await rehearse({
				...flags,
				transports: flags.transports ?? DEFAULT_TRANSPORTS,
			});
		},
	);
	command
		.command('merge')
		.argument('<files...>', 'what several processes printed with --json')
		.description('Join what the processes of one rehearsal have seen.')
		.option('--json', 'print the result on one line of JSON')
		.option('--html <file>', 'also write a page with charts')
		.action((files: readonly string[], _own: unknown, merge: Command) => {
			// Commander gives options of the same name to the command above.
			const presentation = merge.optsWithGlobals<Presentation>();
			const parts = files.map(readRecording);
			present(
				mergeRecordings(parts),
				presentation,
				mergeDoubts(parts),
				toStdout,
			);
		});
}

async function rehearse(flags: RehearseFlags): Promise<number> {
	const options = await resolveRehearsal(flags, systemClock.wallMs());
	const signals = stopSignals();
	const controller = new AbortController();
	void signals.first.then((signal) => {
		controller.abort(new Error(`It was ended by ${signal}.`));
	});
	const bar = new ProgressBar(process.stderr, systemClock);
	try {
		if (!(await isSound(options))) {
			return EXIT.failure;
		}
		const notes: string[] = [];
		const recording = await runRehearsal(options, {
			signal: controller.signal,
			onProgress: (done, label) => {
				bar.update(done, label);
			},
			note: (sentence) => {
				notes.push(sentence);
			},
		});
		bar.clear();
		if (flags.json) {
			notes.forEach((note) => {
				toStderr(`${note}\n`);
			});
		}
		present(recording, flags, notes, toStdout);
		return EXIT.ok;
	} catch (error) {
		bar.clear();
		if (controller.signal.aborted) {
			toStderr('Ended early: every client has been stopped.\n');
			return EXIT.interrupted;
		}
		throw error;
	} finally {
		signals.release();
	}
}

/** What `doctor` would have to mend; each is said once. */
async function isSound(options: RehearsalOptions): Promise<boolean> {
	let sound = true;
	for await (const finding of checkFirst(options, process.env)) {
		if (finding.grade === 'failure') {
			sound = false;
			toStderr(`${describeFinding(finding)}\n`);
		}
	}
	return sound;
}
