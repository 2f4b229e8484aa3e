import type { Command } from 'commander';

import type { KeySource } from '../agent/key.js';
import { parseNode } from '../nodes/index.js';
import type { DialRequest } from '../transports/transport.js';
import { examineHost, examineNode, type Patient } from './doctor/examine.js';
import { findings, type Finding, type Grade } from './doctor/finding.js';
import { EXIT } from './exit.js';
import { Masker } from './mask.js';
import {
	readConfig,
	resolveRunOptions,
	type RunOptions,
} from './run-options.js';
import { SETTINGS, type SettingName, type TransportSpec } from './settings.js';
import type { Env, Flags } from './sources.js';
import { makeTransports } from './transports.js';
import { printable } from './log.js';

const MARK: Record<Grade, string> = {
	ok: 'ok  ',
	note: 'note',
	warning: 'warn',
	failure: 'FAIL',
};

/** One line: what was seen, and what to do. */
export function describeFinding({
	check,
	grade,
	seen,
	advice,
}: Finding): string {
	const line = `${MARK[grade]}  ${check.padEnd(11)}  ${seen}`;
	return printable(advice && grade !== 'ok' ? `${line} -> ${advice}` : line);
}

const USED: readonly SettingName[] = [
	'nodes',
	'transports',
	'ca',
	'insecure',
	'proxy',
	'uuid',
	'keyFile',
	'openvpnConfig',
	'openvpnBinary',
];

async function readKey(
	key: KeySource | undefined,
): Promise<string | undefined> {
	return typeof key === 'function' ? await key() : key;
}

/** The other carrier of each kind that was asked for: whether UDP gets through is worth knowing before it is needed. */
function alternatives(
	transports: readonly TransportSpec[],
): readonly TransportSpec[] {
	const names = transports.map(({ name }) => name);
	return (
		[
			['websocket', 'udp'],
			['openvpn-tcp', 'openvpn-udp'],
		] as const
	).flatMap((pair) =>
		pair.some((name) => names.includes(name))
			? pair.filter((name) => !names.includes(name)).map((name) => ({ name }))
			: [],
	);
}

/** No secret: it is never sent. */
const STAND_IN_KEY = 'doctor';

/** What `run` would use, as far as it is known: a doctor also sees a device that has no configuration. */
async function patientFrom(
	flags: Flags,
	env: Env,
	masker: Masker,
): Promise<{ patient: Patient; found: Finding }> {
	const finding = findings('config');
	// Whatever is missing here is no obstacle: nothing is dialled in the device's name unless asked.
	const standIns = { uuid: '0', nodes: ['localhost:443'] };
	const config = await readConfig(flags, env);
	const filled: Env = {
		CLOUDLINK_UUID: config?.uuid ?? standIns.uuid,
		CLOUDLINK_KEY: config?.deviceApiKey ?? STAND_IN_KEY,
		...env,
	};
	const hasNode =
		flags.node !== undefined ||
		env.CLOUDLINK_NODES !== undefined ||
		config?.vpnEndpoint !== undefined;
	const options: RunOptions = resolveRunOptions(
		hasNode ? flags : { ...flags, node: standIns.nodes },
		filled,
		config,
	);
	const key = await readKey(options.device.key);
	masker.add(config?.deviceApiKey, [options.device.uuid]);
	if (key !== STAND_IN_KEY) {
		masker.add(key, [options.device.uuid]);
	}
	const device: DialRequest['device'] = { uuid: options.device.uuid, key };
	return {
		patient: {
			nodes: hasNode ? options.nodes.map((node) => parseNode(node)) : [],
			transports: makeTransports(options),
			alternatives: makeTransports({
				...options,
				transports: alternatives(options.transports),
			}),
			device: flags.authenticate === true ? device : undefined,
			ca: options.ca,
			insecure: options.insecure,
			proxy: options.proxy,
			openvpnBinary: options.openvpnBinary,
			openvpnConfig: options.transports.some(({ name }) =>
				name.startsWith('openvpn-'),
			)
				? options.openvpnConfig
				: undefined,
			env,
		},
		found: config
			? finding.ok(`${config.file} can be read.`)
			: finding.note(
					'There is no config.json; flags and environment are used.',
				),
	};
}

/** Runs every check, handing each finding out as it is made; true if none of them has to be mended. */
export async function runDoctor(
	flags: Flags,
	env: Env,
	tell: (finding: Finding) => void,
): Promise<boolean> {
	let failed = false;
	const report = (finding: Finding) => {
		failed ||= finding.grade === 'failure';
		tell(finding);
	};
	const masker = new Masker();
	const masked = (finding: Finding): Finding => ({
		...finding,
		seen: masker.mask(finding.seen),
	});
	const { patient, found } = await patientFrom(flags, env, masker);
	report(found);
	for (const finding of await examineHost(patient)) {
		report(masked(finding));
	}
	if (patient.nodes.length === 0) {
		report(
			findings('node').note(
				'No node is known, so no way to one was tried.',
				'Name one with --node host:port.',
			),
		);
	}
	for (const node of patient.nodes) {
		for await (const finding of examineNode(node, patient)) {
			report(masked(finding));
		}
	}
	return !failed;
}

/** `cloudlink-agent doctor` */
export function addDoctor(program: Command): void {
	const command = program
		.command('doctor')
		.description(
			'Look for what keeps this device from its node: one line each, with what to do. Exits with 1 if something has to be mended.',
		)
		.option('--config <file>', "balenaOS's config.json")
		.option('--json', 'as JSON, for programs')
		.option(
			'--authenticate',
			"dial in the device's own name; at some nodes this replaces its live link for a moment",
		);
	for (const name of USED) {
		const { flag, env, help } = SETTINGS[name];
		command.option(flag, `${help} [${env}]`);
	}
	command.action(async (flags: Flags) => {
		const all: Finding[] = [];
		const healthy = await runDoctor(flags, process.env, (finding) => {
			all.push(finding);
			if (!flags.json) {
				process.stdout.write(`${describeFinding(finding)}\n`);
			}
		});
		if (flags.json) {
			process.stdout.write(
				`${JSON.stringify({ healthy, findings: all }, undefined, 2)}\n`,
			);
		}
		process.exitCode = healthy ? EXIT.ok : EXIT.failure;
	});
}
