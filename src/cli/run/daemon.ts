import { serviceNotifier } from '../../device/systemd.js';
import { statusLine } from '../../telemetry/health.js';
import { namesOf } from '../../transports/shipped.js';
import { EXIT } from '../exit.js';
import { Masker } from '../log/mask.js';
import { narrate } from '../log/narrate.js';
import { LogTail } from '../log/tail.js';
import { readConfig } from '../settings/config-file.js';
import type { Env, Flags } from '../settings/types.js';
import { unknownVariables } from '../settings/unknown.js';
import { stopSignals } from '../stop-signals.js';
import { resumeCompilers } from './compilers.js';
import { makeAgent } from './make-agent.js';
import { resolveRunOptions, type RunOptions } from './options.js';
import { configPart } from './parts/config.js';
import { controlPart } from './parts/control.js';
import { healthPart } from './parts/health.js';
import { markerPart } from './parts/marker.js';
import { networkPart } from './parts/network.js';
import type { Close, Daemon } from './parts/part.js';
import { watchdogPart } from './parts/watchdog.js';
import { PauseSwitch } from './pause-switch.js';
import { processLog } from './process-log.js';
import { maskedDevice, maskProxies } from './secrets.js';
import { otherAgent, stateFile } from './state-file.js';

export { readFlags } from './read-flags.js';

/** Traffic passes through this process, not through an openvpn. */
const NATIVE: ReadonlySet<string> = new Set(namesOf('native'));

/** SIGHUP asks a service to reload; to a process in a terminal it says that the terminal is gone. */
const hangup = (reload: () => void) =>
	process.stderr.isTTY ? undefined : reload;

/** Runs the agent until it is told to stop; resolves with the exit code. */
export async function runDaemon(flags: Flags, env: Env): Promise<number> {
	const masker = new Masker();
	const config = await readConfig(flags, env);
	const resolve = (current: typeof config): RunOptions => {
		const resolved = resolveRunOptions(flags, env, current);
		return { ...resolved, device: maskedDevice(resolved.device, masker) };
	};
	const options = resolve(config);
	maskProxies(options.proxy, env, masker);
	const tail = new LogTail();
	const log = await processLog(options, env, masker, tail);
	for (const unknown of unknownVariables(env)) {
		log('warning', unknown);
	}
	const notifier = serviceNotifier({
		env,
		onProblem: (problem) => {
			log('warning', `systemd cannot be told: ${problem.message}`);
		},
	});
	if (options.transports.some(({ name }) => NATIVE.has(name))) {
		resumeCompilers();
	}
	const statePath = stateFile(options.statePath, env, log);
	const holder = await otherAgent(statePath);
	if (holder !== undefined) {
		log(
			'error',
			`Another agent, in process ${holder}, holds this device: ${statePath} is its state. Stop that one first, or give this one a device and a --state of its own.`,
		);
		return EXIT.taken;
	}
	const agent = await makeAgent({ ...options, statePath });
	const pausing = new PauseSwitch(agent, options.graceMs);
	const daemon: Daemon = { agent, options, log, notifier, pausing };
	const { reload, close } = configPart(daemon, config, resolve);
	const signals = stopSignals(hangup(() => void reload()));

	const parts: Close[] = [close, narrate(agent, log), markerPart(daemon)];
	await agent.start();
	const watchdog = watchdogPart(daemon);
	parts.push(
		watchdog.close,
		await healthPart(daemon, watchdog.verdict),
		await controlPart(daemon, tail, reload),
		networkPart(daemon),
	);
	log(
		'info',
		`The agent runs: ${agent.status().waiting ? 'it waits for its turn' : 'it dials'} over ${options.transports.map(({ name }) => name).join(', ')}.`,
	);
	notifier.ready(statusLine(agent.status()));

	const signal = await signals.first;
	log(
		'notice',
		`Stopping on ${signal}: open streams may go on for ${options.graceMs / 1000} s.`,
	);
	notifier.stopping();
	await agent.stop({ graceMs: options.graceMs });
	for (const part of parts.reverse()) {
		await part();
	}
	await notifier.flush();
	signals.release();
	log('info', 'Stopped.');
	return EXIT.ok;
}
