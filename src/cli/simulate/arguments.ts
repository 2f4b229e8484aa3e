import { Option, type Command } from 'commander';

import {
	BACKLOG_FULL,
	DOOR_KINDS,
	HERD_DEFAULTS,
	HINT_MODES,
	OUTAGE_LOOKS,
	STAGES,
	type BacklogFull,
	type DoorKind,
	type HintMode,
	type OutageLook,
	type Policy,
	type Stage,
} from '../../simulator/index.js';

import { help } from './help.js';
import { axisParser, type Axis } from './sweep/axis.js';
import { numeric, oneOf, policies, rate } from '../values.js';

const DEFAULT_NAMES = 'agent,balena-tcp-reset,full-jitter';
const DEFAULT_POLICIES = policies(DEFAULT_NAMES);

/** Repeated, it adds up, each policy once. */
const morePolicies = (text: string, before: readonly Policy[]) => [
	...new Set([
		...(before === DEFAULT_POLICIES ? [] : before),
		...policies(text),
	]),
];

/** What was given on the command line, checked, with its defaults. */
export interface Flags {
	readonly devices: number;
	readonly acceptRate: number;
	readonly rejectCost: number;
	readonly rejectDebt: number;
	readonly hints: HintMode;
	readonly hintLoss: number;
	readonly stockShare: number;
	readonly outage: number;
	readonly outageAs: OutageLook;
	readonly door: DoorKind;
	readonly backlog: number;
	readonly backlogFull: BacklogFull;
	readonly stage: Stage;
	readonly abandonedCost: number;
	readonly retryAfter: number;
	readonly windowError: number;
	readonly herds: number;
	readonly lastHerdScale: number;
	readonly restarts?: boolean;
	readonly goldenImage?: boolean;
	readonly policy: readonly Policy[];
	readonly seed: number;
	readonly json?: boolean;
	readonly html?: string;
	readonly scenario?: string;
	readonly sweep: readonly Axis[];
}

/** What may be given beside a scenario; all else is the scenario's to say. */
const WITH_SCENARIO = new Set(['scenario', 'policy', 'seed', 'json', 'html']);

/** The first option that was given and does not go with a scenario, as it is written. */
export function beyondScenario(command: Command): string | undefined {
	return command.options.find(
		(option) =>
			!WITH_SCENARIO.has(option.attributeName()) &&
			command.getOptionValueSource(option.attributeName()) === 'cli',
	)?.long;
}

/** Adds every option of `simulate`. What is wrong with one is a usage error that says what would be right. */
export function addArguments(command: Command): Command {
	const d = HERD_DEFAULTS;
	const share = numeric({ least: 0, most: 1 });
	return command
		.option(
			'--devices <n>',
			'devices, all cut at once',
			numeric({ least: 1, most: 10_000_000, whole: true }),
			d.devices,
		)
		.option(
			'--accept-rate <r>',
			'attempts that the node accepts a second, or Infinity',
			rate,
			d.acceptRate,
		)
		.option(
			'--reject-cost <c>',
			'what a rejected attempt costs the node, as a share of an accepted one',
			numeric({ least: 0 }),
			d.rejectCost,
		)
		.option(
			'--reject-debt <seconds>',
			'work that piles up at most, or Infinity; beyond it the node drops for nothing',
			numeric({ least: 0, infinite: true }),
			d.rejectDebtSeconds,
		)
		.option(
			'--hints <mode>',
			`what the node says: ${HINT_MODES.join(', ')} (see below)`,
			oneOf(HINT_MODES),
			d.hints,
		)
		.option(
			'--retry-after <seconds>',
			'what `constant` says',
			numeric({ least: 0 }),
			d.retryAfterSeconds,
		)
		.option(
			'--window-error <x>',
			'the told window is this many times N/R',
			rate,
			d.windowError,
		)
		.option(
			'--hint-loss <share>',
			'share of the devices that are told nothing',
			share,
			d.hintLoss,
		)
		.option(
			'--stock-share <share>',
			'share of the devices that run balena-tcp-reset instead',
			share,
			d.stockShare,
		)
		.option(
			'--outage <seconds>',
			'the node is down this long; times count from the end of it',
			numeric({ least: 0 }),
			d.outageSeconds,
		)
		.option(
			'--outage-as <look>',
			`what an attempt meets meanwhile: ${OUTAGE_LOOKS.join(', ')}`,
			oneOf(OUTAGE_LOOKS),
			d.outageAs,
		)
		.option(
			'--door <kind>',
			'bucket refuses what is beyond the rate; queue takes every connection and serves one after the other',
			oneOf(DOOR_KINDS),
			d.door,
		)
		.option(
			'--backlog <seconds>',
			'how much work a queue holds, or Infinity',
			numeric({ least: 0, infinite: true }),
			d.backlogSeconds,
		)
		.option(
			'--backlog-full <how>',
			`what comes beyond it: ${BACKLOG_FULL.join(', ')}`,
			oneOf(BACKLOG_FULL),
			d.backlogFull,
		)
		.option(
			'--stage <stage>',
			`where a device that is kept waiting sees the silence: ${STAGES.join(', ')}`,
			oneOf(STAGES),
			d.stage,
		)
		.option(
			'--abandoned-cost <x>',
			'what an entry of a queue costs whose device has left, as a share of a served one',
			numeric({ least: 0 }),
			d.abandonedCost,
		)
		.option(
			'--herds <k>',
			'herds that the same devices live through, a day apart; the last is measured',
			numeric({ least: 1, whole: true }),
			d.herds,
		)
		.option(
			'--last-herd-scale <x>',
			'the last herd has a node that is this many times slower',
			rate,
			d.lastHerdScale,
		)
		.option('--restarts', 'every process restarts between herds')
		.option(
			'--golden-image',
			'before the last herd every device starts with the files of one of them',
		)
		.addOption(
			new Option(
				'--policy <names>',
				'what the devices run, repeated or with commas between, or `all`',
			)
				.argParser(morePolicies)
				.default(DEFAULT_POLICIES, DEFAULT_NAMES),
		)
		.option(
			'--seed <s>',
			'the same command and seed print the same bytes',
			numeric({ least: 0, whole: true }),
			d.seed,
		)
		.option(
			'--scenario <name>',
			'instead of one herd: a scenario that comes with the package, or a JSON file',
		)
		.option(
			'--sweep <name=values>',
			'a grid over an option, as accept-rate=50,100,200, on all cores; twice for two options',
			axisParser(command),
			[],
		)
		.option('--json', 'print the results as JSON and nothing else')
		.option('--html <file>', 'also write a page with charts')
		.addHelpText('after', help);
}
