/** What may hold a secret: the device key, and a proxy's password. */
const SECRET = /^CLOUDLINK_KEY$|_proxy$/i;

/**
 * What systemd says to this process alone. An openvpn with systemd support that has `NOTIFY_SOCKET` would tell systemd
 * that it is the service.
 */
const OF_THE_SERVICE = /^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID|LISTEN_.*)$/;

/** The environment for a program that the agent runs: its own, without what is none of that program's business. */
export function childEnvironment(
	env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(env).filter(
			([name]) => !SECRET.test(name) && !OF_THE_SERVICE.test(name),
		),
	);
}
