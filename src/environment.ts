/** What may hold a secret: the device key, and a proxy's password. */
const SECRET = /^CLOUDLINK_KEY$|_proxy$/i;

/** The environment for a program that the agent runs: its own, without the secrets, which are none of that program's business. */
export function childEnvironment(
	env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
	return Object.fromEntries(
		Object.entries(env).filter(([name]) => !SECRET.test(name)),
	);
}
