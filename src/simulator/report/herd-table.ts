import type { HerdResult } from '../herd/result.js';
import type { HerdSetup } from '../herd/setup.js';
import { textTable, type Column } from './table.js';

const NEVER = 'never';

function times(value: number | null): string {
	return value === null ? NEVER : value.toFixed(2);
}

function seconds(value: number | null): string {
	return value === null ? NEVER : value.toFixed(1);
}

/** Multiples of the lower bound, or seconds where the node has no limit and so there is no bound. */
export function herdColumns(bounded: boolean): Array<Column<HerdResult>> {
	const when = (
		title: string,
		multiple: (row: HerdResult) => number | null,
		inSeconds: (row: HerdResult) => number | null,
	): Column<HerdResult> =>
		bounded
			? {
					title: `${title}/T`,
					text: (row) => times(multiple(row)),
					value: multiple,
				}
			: {
					title: `${title} (s)`,
					text: (row) => seconds(inSeconds(row)),
					value: inSeconds,
				};
	return [
		{ title: 'policy', text: ({ policy }) => policy },
		when(
			't50',
			(row) => row.t50,
			(row) => row.t50Seconds,
		),
		when(
			't95',
			(row) => row.t95,
			(row) => row.t95Seconds,
		),
		when(
			't99',
			(row) => row.t99,
			(row) => row.t99Seconds,
		),
		when(
			't100',
			(row) => row.t100,
			(row) => row.t100Seconds,
		),
		{
			title: 'attempts each',
			text: (row) => row.attemptsPerDevice.toFixed(2),
			value: (row) => (row.recovered ? row.attemptsPerDevice : null),
		},
		{
			title: 'p99',
			text: (row) => String(row.p99Attempts),
			value: (row) => (row.recovered ? row.p99Attempts : null),
		},
		bounded
			? {
					title: 'peak/R',
					text: (row) => row.peakOverRate.toFixed(2),
					value: (row) => row.peakOverRate,
				}
			: {
					title: 'peak after 1 min (/s)',
					text: (row) => String(row.latePeakPerSecond),
					value: (row) => row.latePeakPerSecond,
				},
	];
}

/** One line that says what was simulated. */
export function herdTitle(setup: HerdSetup): string {
	const { devices, acceptRate, rejectCost, rejectDebtSeconds, hints } = setup;
	const bound = devices / acceptRate;
	const parts = [
		`${devices.toLocaleString('en-US')} devices cut at once`,
		acceptRate === Infinity
			? 'a node without a limit'
			: `${acceptRate} accepts/s, so T = N/R = ${Number(bound.toPrecision(4))} s`,
		`a rejection costs ${rejectCost}, debt up to ${rejectDebtSeconds} s`,
		setup.door === 'queue' &&
			`a queue of ${setup.backlogSeconds} s, silent in ${setup.stage}`,
		hints === 'none' ? 'no hints' : `hints: ${hints}`,
		setup.hintLoss > 0 && `${setup.hintLoss * 100} % hear none`,
		setup.stockShare > 0 &&
			`${setup.stockShare * 100} % run ${setup.stockPolicy.name}`,
		setup.outageSeconds > 0 &&
			`after an outage of ${setup.outageSeconds} s as ${setup.outageAs}`,
		setup.herds > 1 && `herd ${setup.herds} of ${setup.herds}`,
		setup.lastHerdScale !== 1 &&
			`the last herd takes ${setup.lastHerdScale} times as long`,
		`seed ${setup.seed}`,
	];
	return parts.filter(Boolean).join('; ');
}

/** The results of one setup under several policies, for a terminal. */
export function herdTable(
	setup: HerdSetup,
	results: readonly HerdResult[],
): string {
	const table = textTable(herdColumns(setup.acceptRate !== Infinity), results);
	const groups = results.flatMap((result) => result.groups ?? []);
	const parts =
		groups.length === 0
			? []
			: [
					'',
					'The parts of the fleet:',
					textTable(
						[
							{ title: 'group', text: ({ group }) => group },
							{ title: 'devices', text: ({ devices }) => String(devices) },
							{ title: 't99/T', text: ({ t99 }) => times(t99) },
							{ title: 't100/T', text: ({ t100 }) => times(t100) },
							{
								title: 'attempts each',
								text: (row) => row.attemptsPerDevice.toFixed(2),
							},
						],
						groups,
					),
				];
	return [
		herdTitle(setup),
		'',
		table,
		...parts,
		'',
		'* best of its column. t50 to t100: when half, 95 %, 99 % and all are back. No client can be faster than T.',
	].join('\n');
}
