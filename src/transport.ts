import type { Hint } from './hint.js';
import type { Outcome } from './outcome.js';
import type { Runtime } from './runtime/index.js';

/**
 * How a link is carried: the name that a {@link Transport} gives itself. Ours are `websocket`, `udp`, `openvpn-tcp` and
 * `openvpn-udp`; a third party's may be any text.
 */
export type TransportName = string;

/** A node as it is dialled: the name that is verified, and the addresses it was resolved to. */
export interface NodeAddress {
	/** `host:port` as it was configured or found; what `link.node` and events say. */
	readonly name: string;
	/** The host of the name: what TLS verifies and HTTP calls the host. */
	readonly host: string;
	readonly port: number;
	/** Addresses to try in turn, when the choice of node resolved them; else the transport resolves `host`. */
	readonly addresses?: readonly string[];
}

/** A local TCP port of the device that the cloud may open through the link. */
export interface Service {
	/** The port that the node names, and that is dialled on the device. */
	readonly port: number;
	/** The device's own address to dial. @default '127.0.0.1' */
	readonly host?: string;
}

/** Everything that one attempt needs. */
export interface DialRequest {
	/** Absent only where the transport has no choice (an attached openvpn). */
	readonly node?: NodeAddress;
	readonly device: {
		readonly uuid: string;
		/** Read afresh for this attempt; absent only where the transport needs none. */
		readonly key?: string;
	};
	readonly services: readonly Service[];
	/**
	 * How long the carrier's own connect may take, the look-up of a name and a proxy's part included. A SYN that is not
	 * answered is no place in a queue; a connection that was taken and stays silent may be one, and has until
	 * `deadlineMs`. @default deadlineMs
	 */
	readonly connectDeadlineMs?: number;
	/** One bound on the whole attempt, from the dial to an authenticated link; never below `connectDeadlineMs`. */
	readonly deadlineMs: number;
	/**
	 * Told once, when the node took the carrier's connection (for a proxy: when it answered that the node did): silence
	 * from here on may be a place in a queue. Called synchronously; must not throw.
	 */
	readonly onConnected?: () => void;
	/** A link that shows no sign of life for this long is lost. */
	readonly livenessMs: number;
	/** Ends the attempt at once; the promise rejects with the signal's reason. */
	readonly signal: AbortSignal;
	readonly runtime: Runtime;
	/** Takes a sentence about something that the node said and that was ignored: for the `warning` event. */
	readonly warn?: (message: string) => void;
}

/** What a transport is given when the agent starts. */
export interface EngageRequest extends Pick<
	DialRequest,
	'livenessMs' | 'runtime' | 'warn'
> {
	/** There is a link that no attempt made: a dial would take it over, and cost the node nothing. */
	readonly onLink: () => void;
}

/** What a link can tell of itself. */
export interface LinkStats {
	readonly ageMs: number;
	/** The last measured round trip; undefined before the first, and where the transport cannot tell. */
	readonly roundTripMs?: number;
	readonly bytesIn: number;
	readonly bytesOut: number;
	/** Streams that are open through it now; 0 where no stream passes through this process. */
	readonly openStreams: number;
}

/** What a link says while it lives. Called synchronously; must not throw. */
export interface LinkListener {
	/** The node told something. A hint with `drainDeadlineMs` means: go, but finish what you serve. */
	onHint(hint: Hint): void;
	/** The node wants this link to go. It serves on until it ends; a successor should be made. */
	onDrain(notice: Outcome): void;
}

/**
 * What a link that was asked for a sign of life shows. `moved`: it answers, but over another uplink than the system would
 * take now, so that a successor should be made beside it.
 */
export type LinkSign = 'alive' | 'moved' | 'dead';

/** One live tunnel from the device to one node. */
export interface Link {
	readonly transport: TransportName;
	/** `host:port` of the node. */
	readonly node: string;
	/** Resolves, never rejects, with how the link ended; after it nothing of the link is left. */
	readonly ended: Promise<Outcome>;
	/** At most one listener; hints that came before it was set are told at once. */
	listen(listener: LinkListener): void;
	/** What went over it so far. */
	stats(): LinkStats;
	/**
	 * Asks the node for a sign of life now, and answers `dead` if none came within `deadlineMs`; for when the device's
	 * network has changed. The link itself is left as it is. Never rejects. Absent where a link cannot be asked, or
	 * follows a change of network by itself.
	 */
	checkLiveness?(deadlineMs: number): Promise<LinkSign>;
	/**
	 * Ends the link in order: no new streams, running ones may finish for `graceMs`, then all is cut.
	 * Resolves when nothing of it is left. Calling it again may shorten the grace, never lengthen it.
	 */
	close(graceMs: number): Promise<void>;
}

/**
 * How a link is made over one carrier. A transport makes one attempt at a time and when it is told:
 * it never sleeps before it dials, never retries, and never decides when to come back.
 */
export interface Transport {
	readonly name: TransportName;
	/**
	 * Whether a second link may be made while the first lives, or the first must have ended (two openvpn processes on
	 * one tun are fatal). @default 'make-before-break'
	 */
	readonly handover?: 'make-before-break' | 'break-before-make';
	/** What carries it to the node: silence over UDP says nothing of the node over TCP. @default 'tcp' */
	readonly carrier?: 'tcp' | 'udp';
	/** Whether it dials a node that it is given. An attached openvpn dials its own. */
	readonly needsNode: boolean;
	/** Whether it cannot dial without a device key. @default false */
	readonly needsKey?: boolean;
	/** Rejects with a DialError, or with the signal's reason; then nothing of the attempt is left. */
	dial(request: DialRequest): Promise<Link>;
	/**
	 * Asks, without credentials and without touching any link, whether the way to the node is open.
	 * Only transports whose handover is `break-before-make` need it. Rejects as `dial` does.
	 */
	probe?(request: DialRequest): Promise<void>;
	/**
	 * Takes what the transport has to hold while it does not dial, too (the seat at an attached openvpn: without it
	 * openvpn dials by itself). The agent calls it when it starts, before its first wait; `release` undoes it. Neither
	 * throws nor waits.
	 */
	engage?(request: EngageRequest): void;
	/**
	 * Lets go of what the transport keeps between attempts (an attached openvpn stands in hold, and would do
	 * so for ever). The agent calls it when it stops, after its links are closed. Never rejects; idempotent.
	 */
	release?(): Promise<void>;
	/** Checks the options; throws a CloudlinkError that names the wrong one. Called by the agent's constructor, too. */
	validate?(): void;
}
