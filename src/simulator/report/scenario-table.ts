import type { DeployResult, ScenarioResult } from '../scenarios/result.js';
import type { Scenario } from '../scenarios/schema.js';
import { textTable, type Column } from './table.js';
import { duration } from './words.js';

/** `agent, hints: window`: what a line of a comparison is called. */
export function lineName({
	policy,
	hints,
	refusal,
	retryAfterSeconds,
	windowErrorFactor = 1,
	hintLossShare = 0,
}: ScenarioResult): string {
	return [
		policy,
		hints !== 'none' && `hints: ${hints}`,
		windowErrorFactor !== 1 && `window x ${windowErrorFactor}`,
		refusal && `refused: ${refusal}`,
		retryAfterSeconds !== undefined &&
			retryAfterSeconds !== 30 &&
			`Retry-After ${retryAfterSeconds} s`,
		hintLossShare > 0 && `${hintLossShare * 100} % told nothing`,
	]
		.filter(Boolean)
		.join(', ');
}

export function scenarioColumns(
	scenario: Scenario,
): Array<Column<ScenarioResult>> {
	const settled = ({ settledAfterSeconds }: DeployResult, next: boolean) =>
		settledAfterSeconds === null && next
			? 'next came first'
			: duration(settledAfterSeconds);
	return [
		{ title: 'policy', text: lineName },
		...scenario.deploys.map(({ atHours }, i): Column<ScenarioResult> => ({
			title: `deploy at ${atHours} h`,
			text: ({ deploys }) =>
				settled(deploys[i]!, i + 1 < scenario.deploys.length),
			value: ({ deploys }) => deploys[i]!.settledAfterSeconds,
		})),
		{
			title: 'unsettled in all',
			text: ({ unsettledHours }) => duration(unsettledHours * 3600),
			value: ({ unsettledHours }) => unsettledHours,
		},
		{
			title: 'first cut to last back',
			text: ({ settledAfterHours }) =>
				duration(settledAfterHours === null ? null : settledAfterHours * 3600),
			value: ({ settledAfterHours }) => settledAfterHours,
		},
		{
			title: 'device hours lost',
			text: ({ deviceHoursAway }) => deviceHoursAway.toFixed(0),
			value: ({ deviceHoursAway }) => deviceHoursAway,
		},
		{
			title: 'attempts each',
			text: ({ attemptsPerDevice }) => attemptsPerDevice.toFixed(1),
			value: ({ attemptsPerDevice }) => attemptsPerDevice,
		},
	];
}

/** What a scenario made of each policy, for a terminal, with what is known and what was assumed. */
export function scenarioTable(
	scenario: Scenario,
	results: readonly ScenarioResult[],
): string {
	const list = (title: string, items: readonly string[]) =>
		items.length === 0 ? [] : ['', title, ...items.map((item) => `- ${item}`)];
	return [
		`${scenario.name}: ${scenario.title}`,
		...list('Known:', scenario.known),
		...list('Assumed:', scenario.assumed),
		'',
		'Time until every device was back, after each deploy and in all:',
		'',
		textTable(scenarioColumns(scenario), results),
		'',
		'* best of its column.',
	].join('\n');
}
