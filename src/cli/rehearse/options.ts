import { readFileSync } from 'node:fs';

import { toError } from '../../errors.js';
import { parseNodes } from '../../nodes/index.js';
import type { PresetName } from '../../pacing/index.js';
import type { HintMode } from '../../simulator/index.js';
import { usageError } from '../exit.js';
import type { Carriage, RehearsedTransport } from './fleet/transports.js';
import { readDevices, shareOf, type Device, type Share } from './keys.js';
import type { RehearsalSetup } from './recording.js';

/** More agents than this are more than one process should hold: see `docs/rehearse.md`. */
const MOST_CLIENTS = 10_000;
/** More stock clients than this are more than one machine should hold: each is a process of its own. */
const MOST_STOCK = 1000;

/** What was given on the command line, checked one by one, with defaults. */
export interface RehearseFlags {
	readonly nodes?: readonly string[];
	readonly devices: number;
	readonly stock: number;
	readonly keys?: string;
	readonly keyCommand?: string;
	readonly share: Share;
	readonly transports: readonly RehearsedTransport[];
	readonly ca?: string;
	readonly insecure?: boolean;
	readonly openvpnConfig?: string;
	readonly openvpnBinary?: string;
	readonly pacing?: PresetName;
	readonly startRate: number;
	readonly settle: number;
	readonly at?: number;
	readonly cut: string;
	readonly giveUp?: number;
	readonly acceptRate: number;
	readonly rejectCost: number;
	readonly rejectDebt: number;
	readonly hints: HintMode;
	readonly retryAfter: number;
	readonly json?: boolean;
	readonly html?: string;
	readonly yesThisIsStaging?: boolean;
}

/** Everything that a rehearsal needs to know. */
export interface RehearsalOptions extends Carriage {
	readonly nodes: readonly string[];
	readonly pacing?: PresetName;
	readonly agents: readonly Device[];
	readonly stock: readonly Device[];
	readonly share: Share;
	readonly setup: RehearsalSetup;
	readonly startRate: number;
	/** How long all are left alone before the cut, and how long nobody may be lost after a command that has ended. */
	readonly settleMs: number;
	/** When the cut is, by the wall clock; undefined for as soon as all are up and settled. */
	readonly atWallMs?: number;
	/** `front`, or a command for the shell. */
	readonly cut: string;
	readonly giveUpMs: number;
}

function checkStaging({ yesThisIsStaging, nodes }: RehearseFlags): void {
	if (!yesThisIsStaging) {
		throw usageError(
			`A rehearsal cuts every device that it has brought up, and its nodes feel it: give --yes-this-is-staging if ${nodes?.join(' and ') ?? 'they'} may be treated so.`,
		);
	}
}

function textOf(file: string | undefined, option: string): string | undefined {
	try {
		return file === undefined ? undefined : readFileSync(file, 'utf8');
	} catch (error) {
		throw usageError(`${option}: ${toError(error).message}`);
	}
}

/** Half as long again as it takes to start all, for logins that are slow. */
const startingMs = (clients: number, startRate: number) =>
	(1.5 * clients * 1000) / startRate;

function checkTime(
	{ at, startRate, settle }: RehearseFlags,
	clients: number,
	wallMs: number,
): void {
	if (at === undefined) {
		return;
	}
	const needsMs = startingMs(clients, startRate) + settle * 1000;
	if (at - wallMs < needsMs) {
		throw usageError(
			`--at: to start ${clients} clients at ${startRate} a second and let them settle takes ${Math.ceil(needsMs / 1000)} s, and it is in ${Math.floor((at - wallMs) / 1000)} s.`,
		);
	}
}

function checkStock(flags: RehearseFlags, own: number): void {
	if (own > MOST_STOCK) {
		throw usageError(`--stock: at most ${MOST_STOCK} for a process.`);
	}
	if (own > 0 && !flags.transports.includes('openvpn-tcp')) {
		throw usageError(
			'--stock: stock clients need nodes that speak OpenVPN over TCP, so `openvpn-tcp` must be among --transports.',
		);
	}
	if (own > 0 && flags.openvpnConfig === undefined && flags.ca === undefined) {
		throw usageError('--stock: give --openvpn-config or --ca.');
	}
}

/** Brings together what was asked for; throws a usage error that says what to do. */
export async function resolveRehearsal(
	flags: RehearseFlags,
	wallMs: number,
): Promise<RehearsalOptions> {
	const { nodes, devices, stock, share, acceptRate } = flags;
	if (!nodes || nodes.length === 0) {
		throw usageError('Name the staging nodes with --nodes host:port.');
	}
	parseNodes(nodes);
	checkStaging(flags);
	const all = await readDevices(flags);
	const wanted = devices + stock;
	if (all.length < wanted) {
		throw usageError(
			`There are keys for ${all.length} devices, and ${wanted} are asked for.`,
		);
	}
	const agents = shareOf(all.slice(0, devices), share);
	const stocks = shareOf(all.slice(devices, wanted), share);
	const own = agents.length + stocks.length;
	if (own > MOST_CLIENTS) {
		throw usageError(
			`--devices: at most ${MOST_CLIENTS.toLocaleString('en-US')} for a process; give several of them a --share each.`,
		);
	}
	checkStock(flags, stocks.length);
	checkTime(flags, own, wallMs);
	const cutBy = flags.cut === 'front' ? 'resets' : 'a command';
	return {
		nodes,
		transports: flags.transports,
		ca: textOf(flags.ca, '--ca'),
		insecure: flags.insecure,
		openvpnConfig: flags.openvpnConfig,
		openvpnBinary: flags.openvpnBinary,
		pacing: flags.pacing,
		agents,
		stock: stocks,
		share,
		setup: {
			devices,
			stock,
			acceptRate,
			rejectCost: flags.rejectCost,
			rejectDebtSeconds: flags.rejectDebt,
			hints: flags.hints,
			retryAfterSeconds: flags.retryAfter,
			summary: `${devices.toLocaleString('en-US')} real agents over ${flags.transports.join(', ')}${stock > 0 ? ` and ${stock} stock openvpn clients` : ''}, cut by ${cutBy}`,
		},
		startRate: flags.startRate,
		settleMs: flags.settle * 1000,
		...(flags.at === undefined ? {} : { atWallMs: flags.at }),
		cut: flags.cut,
		giveUpMs: (flags.giveUp ?? Math.max(600, (5 * wanted) / acceptRate)) * 1000,
	};
}
