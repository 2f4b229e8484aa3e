/**
 * Whether the node still lives, told from the bytes that come in: any byte on any layer is a sign of life, and a PING makes
 * a living node send some. Time is cut into ticks of one ninth of the bound; a link that saw nothing new in
 * eight of them is lost, which is between eight and nine ninths after the last byte. Counting ticks instead
 * of time keeps a link alive over a suspended machine or a blocked event loop: the node was not heard then,
 * but could not have been.
 */
export const TICKS_PER_BOUND = 9;

const QUIET_TICKS_TO_LOSE = 8;
/**
 * When a quiet link is asked. Earlier would cost more on every idle link, and later would leave a slow line less than a
 * third of the bound for its answer.
 */
const QUIET_TICKS_TO_PING = 5;
/** A busy link is asked too, now and then, for its round trip. */
const TICKS_BETWEEN_PINGS = 24;
/** A carrier that shows life by itself is asked only to see that HTTP/2 still answers above it. */
const TICKS_BETWEEN_PINGS_ABOVE = 180;
/**
 * Bytes may go on coming while nobody reads them as HTTP/2 any more (a session that broke inside), or while
 * the answer waits behind a long queue on a slow line. So an unanswered PING counts late, but it does count.
 */
const TICKS_FOR_ANSWER = 4 * TICKS_PER_BOUND;

export interface Liveness {
	readonly bytesRead: number;
	readonly quietTicks: number;
	readonly ticksSincePing: number;
	readonly pingInFlight: boolean;
}

export const FIRST_LIVENESS: Liveness = {
	bytesRead: 0,
	quietTicks: 0,
	ticksSincePing: TICKS_BETWEEN_PINGS_ABOVE,
	pingInFlight: false,
};

/** One tick later: the new state, and what to do about it. `carrierAsks`: what is below makes a living node send something. */
export function livenessTick(
	before: Liveness,
	bytesRead: number,
	carrierAsks = false,
): [Liveness, 'wait' | 'ping' | 'lost'] {
	const quietTicks = bytesRead === before.bytesRead ? before.quietTicks + 1 : 0;
	const ticksSincePing = before.ticksSincePing + 1;
	const state = { ...before, bytesRead, quietTicks, ticksSincePing };
	if (
		quietTicks >= QUIET_TICKS_TO_LOSE ||
		(state.pingInFlight && ticksSincePing >= TICKS_FOR_ANSWER)
	) {
		return [state, 'lost'];
	}
	const isDue = carrierAsks
		? ticksSincePing >= TICKS_BETWEEN_PINGS_ABOVE
		: quietTicks >= QUIET_TICKS_TO_PING ||
			ticksSincePing >= TICKS_BETWEEN_PINGS;
	if (!state.pingInFlight && isDue) {
		return [{ ...state, pingInFlight: true, ticksSincePing: 0 }, 'ping'];
	}
	return [state, 'wait'];
}

export function livenessAnswered(before: Liveness): Liveness {
	return { ...before, pingInFlight: false };
}
