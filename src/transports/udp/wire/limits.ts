/**
 * Every number of the protocol that has a name. `docs/udp-protocol.md` says which of them the two ends
 * must agree on (the sizes and the packet number limit) and which each end may choose for itself.
 */

/**
 * How large the datagrams of a connection are, from large to small: the first that gets an answer is used. The first fits an MTU of
 * 1420, as in most tunnels; the last an MTU of {@link LEAST_MTU}, by IPv6 as well.
 */
export const DATAGRAM_SIZES = [1372, 1200, 952] as const;
export const MAX_DATAGRAM_BYTES = DATAGRAM_SIZES[0];
export const MIN_DATAGRAM_BYTES = DATAGRAM_SIZES[2];

/** The least MTU of a path that carries a connection. */
export const LEAST_MTU = 1000;

/** The one version that is spoken. */
export const VERSION = 3;

/** A connection ID; each is chosen by the end that receives it. */
export const ID_BYTES = 8;

/** What ties an answer before any key exists to the question that it answers. */
export const NONCE_BYTES = 8;

/** Of AES-128-GCM. */
export const TAG_BYTES = 16;

/** A stateless reset's proof, told under epoch 1. */
export const RESET_TOKEN_BYTES = 16;

/** What is told with a token for the next connection, and never shown. */
export const TOKEN_SECRET_BYTES = 16;

/** A PATH_CHALLENGE's content. */
export const CHALLENGE_BYTES = 8;

/** A token is opaque to the device; this bounds what it keeps and repeats. */
export const MAX_TOKEN_BYTES = 64;

/** A connection closes itself before its packet numbers could wrap. */
export const PACKET_NUMBER_LIMIT = 2 ** 32 - 2 ** 20;

/** Packets sealed under one key before it is changed; AES-128-GCM allows twice as many (RFC 9001, 6.6). */
export const KEY_UPDATE_PACKETS = 2 ** 22;
export const KEY_LIMIT_PACKETS = 2 ** 23;

/** Packets of epoch 1 that a node keeps until its TLS has the key for them. */
export const MAX_EARLY_PACKETS = 4;

/** When the HELLOs of one attempt go out, for as long as its connect deadline lets it ask. Each is of the next smaller size. */
export const HELLO_AT_MS: readonly number[] = [
	0, 500, 1500, 3500, 7500, 15_500,
];

/**
 * The longest that a device asks, whatever its attempt's connect deadline; and the longest from the RETRY (or the accepted
 * INIT) to confirmed keys, at either end: a path with seconds of queue takes three of its round trips.
 */
export const HELLO_TIMEOUT_MS = 30_000;
export const HANDSHAKE_TIMEOUT_MS = 30_000;

/** How often one handshake may be sent back to its start by a RETRY. */
export const MAX_RETRIES = 3;

/** What may be sent before the first ACK has told a limit. No receive window is smaller. */
export const INITIAL_LIMIT_BYTES = 64 * 1024;

/** What an end is ready to hold back for a reader that is slow. */
export const RECEIVE_WINDOW_BYTES = 1024 * 1024;

/** What a writer may have accepted and not yet acknowledged before it is told to wait. */
export const SEND_BUFFER_BYTES = 512 * 1024;

/** Ranges of received packet numbers that are remembered, and that one ACK tells. */
export const MAX_RANGES_KEPT = 64;
export const MAX_RANGES_TOLD = 16;

/** An ACK waits for this many packets, or this long. The first packets are acknowledged two by two. */
export const ACK_EVERY = 10;
export const ACK_EVERY_AT_FIRST = 2;
export const ACK_AT_FIRST_PACKETS = 100;
export const ACK_DELAY_MS = 8;

/** What the other end's timers may add to its ACK delay; part of the probe timeout. */
export const MAX_ACK_DELAY_MS = 25;

/** A closed window is asked about this often, since the ACK that opened it may be lost. */
export const WINDOW_PROBE_MS = 500;

/** The back-off of probes ends here, so that a link is back soon after a black-out. */
export const LONGEST_PROBE_MS = 5000;

/** The device shows life at a random time in this span after the last datagram that asked for an ACK: most NATs forget after 30 s or more. */
export const KEEPALIVE_MS: readonly [number, number] = [22_500, 27_500];

/**
 * A device that received this many packets, and then none for so long, shows life at once: the stream may have
 * stopped because its address has changed, which the node learns only from a packet of the device.
 */
export const STALL_PACKETS = 32;
export const STALL_MS = 1000;

/** Nothing authentic for this long, and the connection is dead. */
export const IDLE_TIMEOUT_MS = 60_000;

/** Probes without an answer, when nothing but the end of our stream is unacknowledged, before that is taken as read. */
export const LAST_PROBES = 5;

/**
 * A RETRY's token, and what is kept of an ID that closed or was refused. Neither ends before a handshake does: else the copy of
 * an INIT would be an attempt of its own.
 */
export const RETRY_TOKEN_MS = HANDSHAKE_TIMEOUT_MS;
export const TOMBSTONE_MS = HANDSHAKE_TIMEOUT_MS;

/** The secret behind RETRY tokens changes this often; the one before it stays good for as long. */
export const RETRY_SECRET_MS = 60_000;

/** How long a token for the next connection is good. */
export const NEW_TOKEN_MS = 2 * 3600 * 1000;

/** A time that BUSY tells is clamped to this span: whoever forges one could as well drop our packets. */
export const BUSY_MS: readonly [number, number] = [1000, 300_000];

/** After this many BUSYs in a row from one node, its times are no longer followed. */
export const MAX_BUSY_IN_A_ROW = 3;

/** Addresses that one connection validates at the same time. */
export const MAX_CANDIDATE_PATHS = 3;

/** To an address that has not answered a challenge, at most this many times what it sent. */
export const AMPLIFICATION_LIMIT = 3;
