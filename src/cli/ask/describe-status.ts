import type { HistoryEntry } from '../../agent/history-entry.js';
import type { StateName } from '../../agent/state.js';
import type { StatusReply } from '../../telemetry/server.js';
import { plain, type Colour, type Paint } from '../log/colour.js';
import {
	bytes,
	counted,
	duration,
	printable,
	sentence,
	times,
} from '../log/words.js';

const STATE: Record<StateName, Colour> = {
	up: 'green',
	draining: 'yellow',
	connecting: 'yellow',
	waiting: 'yellow',
	stopped: 'red',
};

type Row = readonly [name: string, value: string | undefined, colour?: Colour];

function linkRows({ link, connecting }: StatusReply): Row[] {
	const stats = link?.stats;
	return [
		['node', link?.node ?? connecting?.node],
		['transport', link?.transport ?? connecting?.transport],
		[
			'round trip',
			stats?.roundTripMs === undefined
				? undefined
				: `${stats.roundTripMs.toFixed(1)} ms`,
		],
		['up for', stats && duration(stats.ageMs)],
		[
			'traffic',
			stats &&
				`${bytes(stats.bytesIn)} in, ${bytes(stats.bytesOut)} out, ${counted(stats.openStreams, 'open stream')}`,
		],
	];
}

function rows(status: StatusReply): Row[] {
	const { state, waiting, lastOutcome, attempts, links, health } = status;
	return [
		['state', status.paused ? 'paused' : state, STATE[state]],
		...linkRows(status),
		['waits', waiting && `${duration(waiting.leftMs)} more (${waiting.law})`],
		['until', waiting && new Date(waiting.at).toISOString()],
		['why', waiting?.reason],
		[
			'last outcome',
			lastOutcome &&
				`${lastOutcome.kind} (${lastOutcome.code}): ${lastOutcome.message}`,
		],
		[
			'attempts',
			attempts === 0
				? 'none so far'
				: `tried ${times(attempts)}, connected ${times(links)}`,
		],
		['health', health.reason, health.ok ? undefined : 'red'],
	];
}

/** What one attempt came to. */
function result({ result: came, tookMs, lastedMs }: HistoryEntry): string {
	const took = duration(tookMs ?? 0);
	switch (came) {
		case 'connecting':
			return 'dials now';
		case 'failed':
			return `failed after ${took}`;
		case 'given-up':
			return `given up after ${took}`;
		case 'up':
			return `connected within ${took}`;
		case 'ended':
			return `connected within ${took}, for ${duration(lastedMs ?? 0)}`;
	}
}

const RESULT: Record<HistoryEntry['result'], Colour> = {
	connecting: 'yellow',
	failed: 'red',
	'given-up': 'dim',
	up: 'green',
	ended: 'dim',
};

function entryLine(entry: HistoryEntry, paint: Paint): string {
	const { at, node = 'its node', transport, ending } = entry;
	const when = new Date(at).toISOString().replace('T', ' ').slice(0, 19);
	const what = printable(`${node} over ${transport}`);
	const why = ending
		? ` ${printable(`${ending.kind} (${ending.code}): ${sentence(ending.message)}`)}`
		: '';
	return `  ${when}  ${what}: ${paint(RESULT[entry.result], result(entry))}.${why}`;
}

/** The status for people: how it is, and the last attempts and links, the newest last. */
export function describeStatus(
	status: StatusReply,
	paint: Paint = plain,
): string {
	// An agent of an earlier version has none.
	const history = (status.history as StatusReply['history'] | undefined) ?? [];
	return [
		...rows(status).flatMap(([name, value, colour]) =>
			value === undefined
				? []
				: [
						`${name.padEnd(12)}  ${colour ? paint(colour, printable(value)) : printable(value)}`,
					],
		),
		...(history.length > 0 ? ['', 'The last attempts, in UTC:'] : []),
		...history.map((entry) => entryLine(entry, paint)),
	].join('\n');
}
