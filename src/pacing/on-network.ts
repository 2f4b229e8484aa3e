import { offlineWait, remaining, seconds, settle } from './settle.js';
import type { PacingState, Running } from './state.js';
import type { Law, PacingContext, Paced } from './types.js';

/** The local network went away: there is nothing to attempt. */
export function onNetworkDown(given: PacingState, nowMs: number): Paced {
	const state = { ...given, networkUp: false };
	return given.networkUp && state.running !== undefined
		? { state, wait: offlineWait(state, nowMs) }
		: { state };
}

/** The local network is there, again or still. */
export function onNetworkUp(given: PacingState, context: PacingContext): Paced {
	const { options, running, networkUp: was } = given;
	const state = { ...given, networkUp: true };
	if (running === undefined) {
		return { state };
	}
	const spreadMs = options.networkUpSpreadMs * context.random();
	const leftMs = running.untilMs - context.nowMs;
	const early = was
		? endsWithNetwork(running.wait.law)
		: endsWithOutage(running);
	if (!early && (was || leftMs > spreadMs)) {
		return was ? { state } : { state, wait: remaining(state, context.nowMs) };
	}
	return settle(
		state,
		{
			law: 'spread',
			delayMs: spreadMs,
			windowMs: options.networkUpSpreadMs,
			reason: `The local network came back; spread over ${seconds(options.networkUpSpreadMs)}.`,
		},
		context,
	);
}

/** Waits for a node or a network that could not be reached. */
function endsWithNetwork(law: Law): boolean {
	return law === 'backoff' || law === 'local';
}

/** Waits that the end of the device's own outage ends, those too that a restart cut in two meanwhile. */
function endsWithOutage({ wait, resumed }: Running): boolean {
	const law = resumed ?? wait.law;
	// A window told for the loss of a node does not apply to the loss of the device's own network.
	return endsWithNetwork(law) || law === 'spread' || law === 'window';
}

/** Waits that a change on the device's own side may end; what a crowded node caused or said is kept. */
function endsEarly(state: PacingState): boolean {
	const law = state.running?.wait.law;
	return law !== undefined && (endsWithNetwork(law) || law === 'spread');
}

/** The clock was set, or the machine woke. */
export function onClockStep(state: PacingState, context: PacingContext): Paced {
	const { options, running, episode } = state;
	const ends =
		running !== undefined && (episode?.clockWrong === true || endsEarly(state));
	if (!ends || !state.networkUp) {
		return { state };
	}
	return settle(
		state,
		{
			law: 'spread',
			delayMs: options.startSpreadMs * context.random(),
			windowMs: options.startSpreadMs,
			reason: `The clock was set or the machine woke; spread over ${seconds(options.startSpreadMs)}.`,
		},
		context,
	);
}
