/** What a connection has counted, for tests, benches and the log. */
export interface ConnectionStats {
	received: number;
	sent: number;
	/** Packets that were taken for lost. */
	lost: number;
	probeTimeouts: number;
	/** Changes of the other end's address. */
	moves: number;
	/** Datagrams that changed nothing, by why. */
	readonly dropped: {
		malformed: number;
		epoch: number;
		mac: number;
		duplicate: number;
	};
}

export const newStats = (): ConnectionStats => ({
	received: 0,
	sent: 0,
	lost: 0,
	probeTimeouts: 0,
	moves: 0,
	dropped: { malformed: 0, epoch: 0, mac: 0, duplicate: 0 },
});
