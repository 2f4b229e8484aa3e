import { monitorEventLoopDelay } from 'node:perf_hooks';

import { CloudlinkError } from '../../errors.js';
import { systemClock, wait } from '../../runtime/index.js';
import { RehearsedFleet } from './fleet/fleet.js';
import type { RehearsalOptions } from './options.js';
import { Recorder } from './recorder.js';
import { newRecording, type Recording } from './recording.js';
import { runCommand } from './run-command.js';

const LOOK_EVERY_MS = 50;
/** How long the last of the clients may take to come up, once all were started. */
const BRING_UP_MS = 120_000;
/** A cut of our own shows at once; this long at most it is waited for. */
const CUT_SHOWS_MS = 5000;

export interface RehearsalIo {
	/** Ends all, in order. */
	readonly signal: AbortSignal;
	/** @param done share of the phase that is done, from 0 to 1 */
	readonly onProgress: (done: number, label: string) => void;
	/** A sentence that a reader of the figures has to know. */
	readonly note: (sentence: string) => void;
}

/** Brings the clients up, cuts them, and watches how they come back. When it settles nothing of it is left. */
export async function runRehearsal(
	options: RehearsalOptions,
	io: RehearsalIo,
): Promise<Recording> {
	const recorder = new Recorder(
		[
			{ name: 'agent', size: options.agents.length },
			{ name: 'stock openvpn', size: options.stock.length },
		],
		() => systemClock.monotonicMs(),
	);
	const fleet = await RehearsedFleet.make(options, recorder);
	try {
		await bringUp(fleet, recorder, options, io);
		await untilCut(options, io, recorder);
		return await cutAndWatch(fleet, recorder, options, io);
	} finally {
		await fleet.stop();
	}
}

async function bringUp(
	fleet: RehearsedFleet,
	recorder: Recorder,
	{ agents, stock, startRate }: RehearsalOptions,
	{ signal, onProgress }: RehearsalIo,
): Promise<void> {
	const all = agents.length + stock.length;
	const progress = () => {
		const { connected } = recorder;
		onProgress(connected / all, `${connected} of ${all} are up`);
	};
	await fleet.start(startRate, signal, progress);
	const untilMs = systemClock.monotonicMs() + BRING_UP_MS;
	while (recorder.connected < all && systemClock.monotonicMs() < untilMs) {
		progress();
		await wait(systemClock, LOOK_EVERY_MS, signal);
	}
	if (recorder.connected === 0) {
		const why = [...recorder.outcomesBefore].map(
			([code, count]) => `${code} ${count} times`,
		);
		throw new CloudlinkError(
			'ERR_CLOUDLINK_DIAL',
			`None of the ${all} clients came up: ${why.join(', ') || 'no attempt ended'}.`,
		);
	}
}

/** Waits for the moment of the cut. */
async function untilCut(
	{ atWallMs, settleMs }: RehearsalOptions,
	{ signal, onProgress }: RehearsalIo,
	recorder: Recorder,
): Promise<void> {
	const nowMs = systemClock.wallMs();
	const dueMs = atWallMs ?? nowMs + settleMs;
	for (;;) {
		const leftMs = dueMs - systemClock.wallMs();
		if (leftMs <= 0) {
			return;
		}
		onProgress(
			1 - leftMs / Math.max(1, dueMs - nowMs),
			`the cut is in ${Math.ceil(leftMs / 1000)} s, ${recorder.connected} are up`,
		);
		await wait(systemClock, Math.min(leftMs, LOOK_EVERY_MS), signal);
	}
}

async function cutAndWatch(
	fleet: RehearsedFleet,
	recorder: Recorder,
	options: RehearsalOptions,
	{ signal, onProgress, note }: RehearsalIo,
): Promise<Recording> {
	const { agents, stock, cut, giveUpMs, settleMs } = options;
	const lag = monitorEventLoopDelay({ resolution: 10 });
	const before = recorder.connected;
	lag.enable();
	const cutWallMs = systemClock.wallMs();
	const startMs = systemClock.monotonicMs();
	recorder.begin();
	const command = cut === 'front' ? undefined : runCommand(cut);
	let commandEnd: string | undefined;
	void command?.ended.then((end) => {
		commandEnd = end;
	});
	const isOver = () =>
		command
			? commandEnd !== undefined && recorder.quietMs >= settleMs
			: recorder.lost >= before || recorder.quietMs >= CUT_SHOWS_MS;
	try {
		if (!command) {
			fleet.cut();
		}
		while (!isOver() || recorder.away > 0) {
			if (systemClock.monotonicMs() - startMs > giveUpMs) {
				note(
					`Given up after ${giveUpMs / 1000} s: ${recorder.away} are not back.`,
				);
				break;
			}
			const back = recorder.lost - recorder.away;
			onProgress(
				back / Math.max(1, recorder.lost),
				`${back} of ${recorder.lost} are back`,
			);
			await wait(systemClock, LOOK_EVERY_MS, signal);
		}
	} finally {
		command?.kill();
		lag.disable();
	}
	if (!command && recorder.lost < before) {
		note(`The cut reached ${recorder.lost} of ${before} links.`);
	}
	if (commandEnd !== undefined && commandEnd !== '0') {
		note(`The command ended with ${commandEnd}.`);
	}
	// A command cuts when it comes to it: what counts is when the first device felt it.
	const zeroMs = command ? recorder.firstLossMs : 0;
	return newRecording({
		setup: options.setup,
		share: options.share,
		cutAtMs: Math.round(cutWallMs + zeroMs),
		groups: recorder.groups(zeroMs),
		attemptsMs: recorder.attemptsMs
			.filter((atMs) => atMs >= zeroMs)
			.map((atMs) => Math.round(atMs - zeroMs)),
		outcomes: Object.fromEntries(recorder.outcomes),
		notUp: agents.length + stock.length - before,
		worstLagMs: Math.round(lag.max / 1e6),
	});
}
