import { InvalidArgumentError, type Command } from 'commander';

import { PRESETS, type PresetName } from '../../pacing/index.js';
import { systemClock } from '../../runtime/index.js';
import { HERD_DEFAULTS, HINT_MODES } from '../../simulator/index.js';
import { numeric, oneOf, rate } from '../values.js';
import { REHEARSED, type RehearsedTransport } from './fleet/transports.js';
import type { Share } from './keys.js';

/** Devices that one rehearsal may have in all its processes. */
const MOST_DEVICES = 1_000_000;
/** No staging node should be asked for more. */
const MOST_STARTS_PER_SECOND = 500;

/** Items with commas between, or the flag repeated. */
function list<T>(read: (item: string) => T) {
	return (text: string, before: readonly T[] | undefined): readonly T[] => [
		...(before ?? []),
		...text
			.split(',')
			.map((item) => item.trim())
			.filter((item) => item !== '')
			.map(read),
	];
}

/** `2/5`: the third of five processes. */
export function parseShare(text: string): Share {
	const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
	if (of === undefined || !(Number(index) < Number(of))) {
		throw new InvalidArgumentError(
			'It must be INDEX/COUNT, such as 0/5 to 4/5 for five processes.',
		);
	}
	return { index: Number(index), of: Number(of) };
}

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** An instant with its zone, or from now on. @returns milliseconds since 1970 */
export function parseTime(text: string, wallMs = systemClock.wallMs()): number {
	const [, amount, unit] = /^\+(\d{1,6})([smh])$/.exec(text) ?? [];
	if (amount !== undefined) {
		return wallMs + Number(amount) * UNITS_MS[unit as keyof typeof UNITS_MS];
	}
	// Without a zone each machine would take it for its own time.
	const atMs = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : NaN;
	if (Number.isNaN(atMs)) {
		throw new InvalidArgumentError(
			'It must be an instant with its zone, such as 2026-11-30T18:00:00Z, or a time from now on such as +90s or +5m.',
		);
	}
	return atMs;
}

/** Adds every option of `rehearse`. */
export function addArguments(command: Command): Command {
	const d = HERD_DEFAULTS;
	const seconds = numeric({ least: 0, most: 86_400 });
	return command
		.option(
			'--yes-this-is-staging',
			'the nodes are for tests, and what hangs on them may be cut; without it nothing is done',
		)
		.option(
			'--nodes <host:port>',
			'the nodes to dial, with commas between',
			list((item) => item),
		)
		.option(
			'--devices <n>',
			'agents, in all processes together',
			numeric({ least: 0, most: MOST_DEVICES, whole: true }),
			100,
		)
		.option(
			'--stock <n>',
			'stock openvpn clients beside them, which take the keys after those of the agents',
			numeric({ least: 0, most: MOST_DEVICES, whole: true }),
			0,
		)
		.option(
			'--keys <file>',
			'the devices: a line for each, its uuid and its key',
		)
		.option(
			'--key-command <command>',
			'a command for the shell that prints such lines, instead of a file',
		)
		.option(
			'--share <index/count>',
			'which part of the devices this process takes, of how many',
			parseShare,
			{ index: 0, of: 1 },
		)
		.option(
			'--transports <names>',
			`how they dial, in order of preference: ${REHEARSED.join(', ')}`,
			list(oneOf(REHEARSED)),
		)
		.option(
			'--ca <file>',
			"PEM of the authority behind the nodes' certificates",
		)
		.option(
			'--insecure',
			'dial without TLS (ws://), for a mock on this machine',
		)
		.option(
			'--openvpn-config <file>',
			'the client configuration that the cloud hands out',
		)
		.option('--openvpn-binary <program>', 'the OpenVPN program')
		.option(
			'--pacing <preset>',
			`the agents' preset: ${Object.keys(PRESETS).join(', ')}`,
			oneOf(Object.keys(PRESETS) as PresetName[]),
		)
		.option(
			'--start-rate <per second>',
			'how many clients are started a second, by this process',
			numeric({ least: 0.1, most: MOST_STARTS_PER_SECOND }),
			20,
		)
		.option(
			'--settle <seconds>',
			'how long all are left alone before the cut (a link counts as stable after 30 s), and how long nothing may happen after a command',
			seconds,
			35,
		)
		.option(
			'--at <time>',
			'when the cut is: an instant with its zone, the same for all processes, or +90s (default: once all have settled)',
			(text) => parseTime(text),
		)
		.option(
			'--cut <front|command>',
			'front resets every link here; anything else is a command for the shell, such as a rollout',
			'front',
		)
		.option(
			'--give-up <seconds>',
			'how long they may take to come back (default: 600, or 5 T)',
			seconds,
		)
		.option(
			'--accept-rate <r>',
			'what the nodes take a second, all together: T and the simulated twin come of it',
			rate,
			Infinity,
		)
		.option(
			'--hints <mode>',
			`what they say, for the twin: ${HINT_MODES.join(', ')}`,
			oneOf(HINT_MODES),
			d.hints,
		)
		.option(
			'--retry-after <seconds>',
			'what `constant` says, for the twin',
			numeric({ least: 0 }),
			d.retryAfterSeconds,
		)
		.option(
			'--reject-cost <c>',
			'what a rejected attempt costs them, as a share of an accepted one, for the twin',
			numeric({ least: 0 }),
			d.rejectCost,
		)
		.option(
			'--reject-debt <seconds>',
			'work that piles up at most, or Infinity, for the twin',
			numeric({ least: 0, infinite: true }),
			d.rejectDebtSeconds,
		)
		.option('--json', 'print the result on one line of JSON, for merge')
		.option('--html <file>', 'also write a page with charts');
}

export const DEFAULT_TRANSPORTS: readonly RehearsedTransport[] = ['websocket'];
