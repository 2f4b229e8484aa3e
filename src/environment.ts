/**
 * What a program needs to run, to find its libraries and settings, and to speak the user's language. Everything else is
 * none of its business: keys of ours and of others, proxies with their passwords, and the service manager's socket
 * and watchdog, which are for this process alone.
 */
const ALLOWED =
	/^(?:PATH|HOME|USER|LOGNAME|SHELL|TERM|TZ|TMPDIR|LANG|LANGUAGE|LC_[A-Z]+|LD_LIBRARY_PATH|OPENSSL_CONF|OPENSSL_MODULES|SSL_CERT_(?:FILE|DIR)|DBUS_SYSTEM_BUS_ADDRESS|SYSTEMROOT)$/;

/** The environment for a program that the agent runs, by a list of what is allowed. */
export function childEnvironment(
	env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(env).filter(([name]) => ALLOWED.test(name)),
	);
}
