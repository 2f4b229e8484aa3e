import { peer } from './peer.js';

/**
 * OpenVPN's pause: `connect-retry n max` is kept for the first passes over the list of remotes, then
 * doubled up to the maximum, without any jitter. The pass that follows a stable link is not counted.
 */
function connectRetry(failures: number, first: number, max: number): number {
	const passes = Math.max(0, failures - 1);
	return Math.min(max, first * 2 ** Math.min(15, Math.max(0, passes - 4)));
}

/** `hand-window` and `connect-timeout`, which nobody here changes. */
const PATIENCE = { patienceSeconds: 60, connectSeconds: 120 };

export const openvpnPolicies = [
	peer({
		name: 'balena-tcp-reset',
		summary:
			'balenaOS today, link reset: 5 s six times, doubling to 120 s, in step',
		source:
			'meta-balena v8.0.2 openvpn.service (--connect-retry 5 120); OpenVPN 2.5.6 src/openvpn/init.c:2428-2497',
		...PATIENCE,
		waitSeconds: ({ failures }) => connectRetry(failures, 5, 120),
	}),
	peer({
		name: 'balena-exit',
		summary:
			'balenaOS today, ping-exit or AUTH_FAILED: systemd restarts after 10 s for ever',
		source:
			'meta-balena v8.0.2 openvpn.service (Restart=always, RestartSec=10s); open-balena-vpn v12.3.105 server.conf.tmpl (push "ping-exit 60")',
		...PATIENCE,
		waitSeconds: () => 10,
	}),
	peer({
		name: 'openvpn-2.6',
		summary:
			'OpenVPN 2.6: 1 s six times, doubling to 300 s, in step; heeds a server back-off up to 300 s',
		source:
			'OpenVPN 2.6.14 src/openvpn/init.c:2750-2822, options.c:813-814, options_util.c:34-100 (AUTH_FAILED,TEMP[backoff])',
		...PATIENCE,
		waitSeconds: ({ failures, retryAfterSeconds = 0 }) =>
			Math.min(
				300,
				Math.max(connectRetry(failures, 1, 300), retryAfterSeconds),
			),
	}),
];
