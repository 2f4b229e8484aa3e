import { toError } from '../errors.js';
import { aFunction, checkOptions, count } from '../options.js';
import * as v from '../schema.js';

/** Tells the service manager how the service is. Every call does nothing where no manager listens. */
export interface ServiceNotifier {
	/** How often the manager wants a sign of life; undefined where it wants none. Ping at half of it. */
	readonly watchdogMs: number | undefined;
	/** The service is up and running (not: connected). */
	ready(status: string): void;
	/** One line for `systemctl status`. */
	status(text: string): void;
	/** A sign of life. */
	watchdog(): void;
	/** The service is going. */
	stopping(): void;
	/** Resolves when everything so far was handed over. */
	flush(): Promise<void>;
}

/** What {@link serviceNotifier} needs; the defaults are the process's own. */
export interface ServiceNotifierOptions {
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly pid?: number;
	/** The program that speaks to systemd, since Node has no unix datagram socket. @default 'systemd-notify' */
	readonly program?: string;
	/** It could not be run. Told once. */
	readonly onProblem?: (problem: Error) => void;
}

const schema = v.strictObject({
	env: v.optional(v.unknown()),
	pid: v.optional(count()),
	program: v.optional(v.string('must be a path')),
	onProblem: v.optional(aFunction),
});

/** The watchdog's period from the environment (sd_watchdog_enabled(3)): microseconds, for this process only. */
export function watchdogMs(
	env: Readonly<Record<string, string | undefined>>,
	pid: number,
): number | undefined {
	const micros = Number(env.WATCHDOG_USEC);
	const mine = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === `${pid}`;
	return env.NOTIFY_SOCKET && mine && micros > 0 ? micros / 1000 : undefined;
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').slice(0, 200);

/**
 * Speaks the protocol of sd_notify(3) through `systemd-notify`, one process at a time, in order; a status that was
 * overtaken by a later one is not sent. Not with `--no-block`: it waits until the manager has read its message, since one
 * whose sender is gone may not be attributed to its unit (systemd-notify(1)). The unit needs `NotifyAccess=all`.
 */
export function serviceNotifier(
	options: ServiceNotifierOptions = {},
): ServiceNotifier {
	checkOptions(schema, options, 'serviceNotifier()');
	const env = options.env ?? process.env;
	// Nothing else of ours is that program's business, least of all the watchdog's settings, which are for this process.
	const childEnv = { PATH: env.PATH, NOTIFY_SOCKET: env.NOTIFY_SOCKET };
	const program = options.program ?? 'systemd-notify';
	const queue: string[][] = [];
	let running: Promise<void> | undefined;
	let told = false;

	const runOne = async (args: readonly string[]) => {
		// Only where a manager listens: it costs half a megabyte.
		const { execFile } = await import('node:child_process');
		await new Promise<void>((resolve) => {
			const done = (error: unknown) => {
				if (error && !told) {
					told = true;
					options.onProblem?.(toError(error));
				}
				resolve();
			};
			try {
				const settings = { env: childEnv, timeout: 6000 };
				execFile(program, [...args], settings, done).unref();
			} catch (error) {
				// Some failures (out of memory, a path through a file) are thrown at once.
				done(error);
			}
		});
	};

	const drain = async () => {
		for (let next = queue.shift(); next; next = queue.shift()) {
			await runOne(next);
		}
		running = undefined;
	};

	const send = (...args: string[]) => {
		if (!env.NOTIFY_SOCKET) {
			return;
		}
		const kind = args[0]!.replace(/=.*/, '');
		const last = queue.at(-1);
		if (args.length === 1 && last?.length === 1 && last[0]!.startsWith(kind)) {
			queue.pop();
		}
		queue.push(args);
		running ??= drain();
	};

	return {
		watchdogMs: watchdogMs(env, options.pid ?? process.pid),
		ready: (status) => {
			send('--ready', `--status=${oneLine(status)}`);
		},
		status: (text) => {
			send(`--status=${oneLine(text)}`);
		},
		watchdog: () => {
			send('WATCHDOG=1');
		},
		stopping: () => {
			send('STOPPING=1');
		},
		flush: async () => {
			await running;
		},
	};
}
