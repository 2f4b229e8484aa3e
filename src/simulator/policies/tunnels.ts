import { between, peer } from './peer.js';

/** Agents that hold a tunnel or a control channel for a machine. */
export const tunnelPolicies = [
	peer({
		name: 'cloudflared',
		summary: 'full jitter over 2 s doubling to 32 s',
		source: 'cloudflared d1df7985 retry/backoffhandler.go:70-85',
		patienceSeconds: 5, // QUIC handshake
		waitSeconds: ({ failures, random }) =>
			random() * 2 ** Math.min(failures + 1, 5),
	}),
	peer({
		name: 'tailscale',
		summary:
			'10 ms times the square of the attempt, at most 30 s, 0.5 to 1.5 of it; a 429 is kept exactly',
		source:
			'tailscale de9ec7ee2 util/backoff/backoff.go:60-66, controlclient/auto.go:59, direct.go:642-661',
		patienceSeconds: 10,
		waitSeconds({ failures, retryAfterSeconds, random }) {
			if (retryAfterSeconds !== undefined) {
				return retryAfterSeconds > 0 && retryAfterSeconds <= 3600
					? retryAfterSeconds
					: between(random, 5, 10);
			}
			return (
				Math.min(30, 0.01 * (failures + 1) ** 2) * between(random, 0.5, 1.5)
			);
		},
	}),
	peer({
		name: 'teleport',
		summary: 'at once twice, then linear, 1 s a step to 8 s, the upper half',
		source:
			'teleport lib/reversetunnel/agentpool.go, api/utils/retryutils/retry.go (Linear, half jitter)',
		patienceSeconds: 30, // DefaultIOTimeout
		waitSeconds({ failures, random }) {
			if (failures === 0) {
				return random(); // the pool looks for free places once a second
			}
			const step = Math.min(failures - 1, 8);
			return between(random, step / 2, step);
		},
	}),
	peer({
		name: 'frp',
		summary: 'at once, then 2 s doubling with 0 to 10 % to exactly 20 s',
		source:
			'frp v0.62.1 client/service.go:276-305, pkg/util/wait/backoff.go:77-124',
		patienceSeconds: 10,
		waitSeconds({ failures, lastSeconds, random }) {
			const jitter = between(random, 1, 1.1);
			if (failures < 2) {
				return failures * 2 * jitter;
			}
			return Math.min(20, 2 * lastSeconds * jitter);
		},
	}),
	peer({
		name: 'elastic-agent',
		summary: 'equal jitter over 2 min doubling to 10 min',
		source: 'elastic-agent 07adab5b pkg/backoff/equal_jitter.go:42-72',
		patienceSeconds: 90,
		waitSeconds({ failures, random }) {
			const base = Math.min(600, 120 * 2 ** Math.min(failures, 10));
			const last =
				failures === 0
					? 60
					: Math.min(600, 120 * 2 ** Math.min(failures - 1, 10));
			return base / 2 + random() * last;
		},
	}),
];
