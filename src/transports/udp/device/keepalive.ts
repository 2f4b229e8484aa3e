/** As often as holds a NAT that forgets UDP after 30 s, which is the least that is common. */
const USUAL_MS = 25_000;
/** Above it the node would end the connection before a PING that was lost is repeated. */
const MOST_MS = 45_000;
/** Devices must not keep step. */
const JITTER = 0.1;

/**
 * When a quiet connection sends its PING, of 58 bytes with IP and UDP, which a bare ACK of 75 answers: in time for the liveness
 * bound. Who can wait minutes for the word that a link is dead pays for traffic, so that the PINGs become as few as the node allows.
 */
export function keepaliveFor(livenessMs: number): [from: number, to: number] {
	const wantedMs = Math.min(Math.max(USUAL_MS, 0.15 * livenessMs), MOST_MS);
	const ms = Math.min(wantedMs, (5 / 9) * livenessMs);
	return [(1 - JITTER) * ms, (1 + JITTER) * ms];
}
