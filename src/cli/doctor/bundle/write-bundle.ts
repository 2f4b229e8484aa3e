import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { toError } from '../../../errors.js';
import { systemClock } from '../../../runtime/index.js';
import {
	controlAddress,
	healthAddress,
	type PlaceFlags,
} from '../../ask/place.js';
import { askAgent } from '../../ask/request.js';
import { usageError } from '../../exit.js';
import type { Masker } from '../../log/mask.js';
import { readConfig } from '../../settings/config-file.js';
import type { Env, Flags } from '../../settings/types.js';
import { describeFinding } from '../describe.js';
import type { Finding } from '../finding.js';
import { journal, machineFacts, networkFacts } from './host-facts.js';
import { redact } from './redact.js';
import { tar } from './tar.js';

const asJson = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;

/** What can be had, or why it cannot: a bundle of the rest is better than none. */
const orWhy = async (work: () => Promise<string>): Promise<string> =>
	await work().catch((error: unknown) => `(${toError(error).message})\n`);

async function configuration(
	flags: Flags,
	env: Env,
	masker: Masker,
): Promise<string> {
	const config = await readConfig(flags, env);
	if (!config) {
		return '(There is no config.json.)\n';
	}
	masker.add(config.deviceApiKey, config.uuid ? [config.uuid] : []);
	return asJson(redact(JSON.parse(await readFile(config.file, 'utf8'))));
}

/** Our own variables and those of proxies. */
const environment = (env: Env) =>
	asJson(
		redact(
			Object.fromEntries(
				Object.entries(env).filter(([name]) =>
					/^CLOUDLINK_|_proxy$/i.test(name),
				),
			),
		),
	);

async function lastLines(flags: PlaceFlags, env: Env): Promise<string> {
	const address = await controlAddress(flags, env);
	try {
		return (await askAgent(address, 'GET', '/log')).body;
	} catch {
		return await journal();
	}
}

/**
 * Writes one archive with all that somebody who cannot reach the device needs: findings, status and history, the last
 * lines of the log, the configuration without its secrets, and the facts of machine and network. For its owner's eyes.
 */
export async function writeBundle(
	file: string,
	findings: readonly Finding[],
	flags: Flags,
	env: Env,
	masker: Masker,
): Promise<void> {
	masker.add(env.CLOUDLINK_KEY);
	const texts: Record<string, string> = {
		'findings.txt': findings.map((one) => `${describeFinding(one)}\n`).join(''),
		'findings.json': asJson(findings),
		'configuration.json': await orWhy(() => configuration(flags, env, masker)),
		'environment.json': environment(env),
		'status.json': await orWhy(async () => {
			const address = await healthAddress(flags, env);
			return (await askAgent(address, 'GET', '/status')).body;
		}),
		'log.txt': await orWhy(() => lastLines(flags, env)),
		'network.txt': await orWhy(networkFacts),
		'machine.json': asJson(machineFacts()),
	};
	const files = Object.entries(texts).map(([name, text]) => ({
		name: `cloudlink-agent/${name}`,
		text: masker.mask(text),
	}));
	const bytes = gzipSync(tar(files, systemClock.wallMs()));
	try {
		await writeFile(file, bytes, { mode: 0o600, flag: 'wx' });
	} catch (error) {
		throw usageError(`--bundle: ${toError(error).message}.`);
	}
}
