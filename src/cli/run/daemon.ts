import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { CloudlinkAgent } from '../../agent/agent.js';
import type { KeySource } from '../../agent/key.js';
import { serviceNotifier } from '../../device/systemd.js';
import { readiness } from '../../telemetry/health.js';
import { EXIT } from '../exit.js';
import { Masker } from '../log/mask.js';
import { narrate } from '../log/narrate.js';
import {
	configPart,
	healthPart,
	markerPart,
	networkPart,
	watchdogPart,
	type Close,
	type Daemon,
} from './parts.js';
import { processLog } from '../log/process-log.js';
import { readConfig, resolveRunOptions, type RunOptions } from './options.js';
import type { Env, Flags } from '../settings/collect.js';
import { stopSignals } from '../stop-signals.js';
import { makeTransports } from './transports.js';

/** Whatever key the agent is given is masked from then on. */
function maskedDevice(
	{ uuid, key }: RunOptions['device'],
	masker: Masker,
): RunOptions['device'] {
	const remember = (secret: string) => {
		masker.add(secret, [uuid]);
		return secret;
	};
	const source: KeySource | undefined =
		typeof key === 'function'
			? async () => remember(await key())
			: key === undefined
				? undefined
				: remember(key);
	return { uuid, key: source };
}

/** What the environment names as proxies, for whichever scheme. */
function proxiesOf(env: Env): Array<string | undefined> {
	return Object.keys(env)
		.filter((name) => /_proxy$/i.test(name))
		.map((name) => env[name]);
}

function makeAgent(options: RunOptions): CloudlinkAgent {
	return new CloudlinkAgent({
		device: options.device,
		nodes: options.nodes,
		transports: makeTransports(options),
		services: options.services,
		...(options.pacing ? { pacing: { preset: options.pacing } } : {}),
		...(options.statePath ? { state: { path: options.statePath } } : {}),
	});
}

function makeFolderOf(file: string | undefined): void {
	if (file !== undefined) {
		try {
			mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		} catch {
			// The agent warns when it cannot write there.
		}
	}
}

/** Runs the agent until it is told to stop; resolves with the exit code. */
export async function runDaemon(flags: Flags, env: Env): Promise<number> {
	const masker = new Masker();
	const config = await readConfig(flags, env);
	const resolve = (current: typeof config): RunOptions => {
		const resolved = resolveRunOptions(flags, env, current);
		return { ...resolved, device: maskedDevice(resolved.device, masker) };
	};
	const options = resolve(config);
	for (const proxy of [options.proxy, ...proxiesOf(env)]) {
		masker.addPasswordOf(proxy);
	}
	const log = processLog(options, env, masker);
	const notifier = serviceNotifier({
		env,
		onProblem: (problem) => {
			log('warning', `systemd cannot be told: ${problem.message}`);
		},
	});
	const agent = makeAgent(options);
	const daemon: Daemon = { agent, options, log, notifier };
	const signals = stopSignals();
	makeFolderOf(options.statePath);

	const parts: Close[] = [narrate(agent, log), markerPart(daemon)];
	await agent.start();
	const watchdog = watchdogPart(daemon);
	parts.push(watchdog.close);
	parts.push(await healthPart(daemon, watchdog.progress));
	parts.push(networkPart(daemon));
	parts.push(configPart(daemon, config, resolve));
	log(
		'info',
		`The agent runs: ${agent.status().waiting ? 'it waits for its turn' : 'it dials'} over ${options.transports.map(({ name }) => name).join(', ')}.`,
	);
	notifier.ready(readiness(agent.status()).reason);

	const signal = await signals.first;
	log(
		'notice',
		`Stopping on ${signal}: open streams may go on for ${options.graceMs / 1000} s.`,
	);
	notifier.stopping();
	await agent.stop({ graceMs: options.graceMs });
	for (const close of parts.reverse()) {
		await close();
	}
	await notifier.flush();
	signals.release();
	log('info', 'Stopped.');
	return EXIT.ok;
}
