/** Where the health server listens: a unix socket, or a loopback port. */
export type HealthAddress =
	{ readonly path: string } | { readonly host: string; readonly port: number };

/**
 * Reads `/run/cloudlink-agent/health.sock`, `127.0.0.1:9090`, `[::1]:9090` or `9090`. Undefined for anything
 * else, other hosts included: the server has no authentication, so that only the device itself may reach it.
 */
export function parseHealthAddress(text: string): HealthAddress | undefined {
	if (text.includes('/')) {
		return { path: text };
	}
	const [, host = '127.0.0.1', digits] =
		/^(?:(127\.\d+\.\d+\.\d+|\[::1\]|localhost):)?(\d{1,5})$/.exec(text) ?? [];
	const port = Number(digits ?? NaN);
	return port >= 0 && port <= 65535
		? { host: host.replace(/[[\]]/g, ''), port }
		: undefined;
}
