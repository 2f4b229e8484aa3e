import { escaped, lineChart, type Marker } from './chart.js';
import { colourOf } from './palette.js';
import { duration, grouped } from './words.js';

/** Counts in bins of equal width. */
export interface Bins {
	readonly widthMs: number;
	readonly counts: readonly number[];
}

/** What happened over time to a fleet that ran one policy. */
export interface Curve {
	readonly name: string;
	readonly policy: string;
	readonly devices: number;
	readonly attempts: Bins;
	readonly returns: Bins;
	/** Links that were cut; all at the very beginning where it is absent. */
	readonly cuts?: Bins;
}

/** Part of a curve, in seconds from its beginning. */
export interface Span {
	readonly from: number;
	readonly until: number;
}

/** Points that a line is drawn through. A rate takes fewer, for what comes in bursts would hide the rest. */
const RATE_POINTS = 80;

/** Bins joined until those of the span are at most so many, as events a second against seconds from its beginning. */
export function rateOver(
	{ widthMs, counts }: Bins,
	{ from, until }: Span,
	points = RATE_POINTS,
): Array<[number, number]> {
	const width = widthMs / 1000;
	const first = Math.floor(from / width);
	const end = Math.max(
		first + 1,
		Math.min(counts.length, Math.ceil(until / width)),
	);
	const factor = Math.max(1, Math.ceil((until - from) / width / points));
	const joined: Array<[number, number]> = [];
	for (let bin = first; bin < end; bin += factor) {
		const sum = counts
			.slice(bin, Math.min(end, bin + factor))
			.reduce((all, count) => all + count, 0);
		joined.push([(bin + factor / 2) * width - from, sum / width / factor]);
	}
	return joined;
}

/** The share without a link, in per cent, against seconds from the beginning of the span. */
function shareDown(
	{ devices, returns, cuts }: Curve,
	{ from, until }: Span,
): Array<[number, number]> {
	const cutAtOnce: Bins = { widthMs: 1, counts: [devices] };
	const lost = cuts ?? cutAtOnce;
	// The two may have bins of different widths: walk through the changes in the order of time.
	const changes = [
		...lost.counts.map(
			(count, i) => [(i * lost.widthMs) / 1000, count] as const,
		),
		...returns.counts.map(
			(count, i) => [((i + 1) * returns.widthMs) / 1000, -count] as const,
		),
	]
		.filter(([, change]) => change !== 0)
		.sort((a, b) => a[0] - b[0]);
	let down = 0;
	const points: Array<[number, number]> = [];
	const share = () => Math.max(0, (100 * down) / devices);
	for (const [at, change] of changes) {
		if (at >= until) {
			break;
		}
		down += change;
		if (at >= from) {
			points.push([at - from, share()]);
		}
	}
	return [...points, [until - from, share()]];
}

interface Axis {
	readonly unit: string;
	readonly seconds: number;
}

function axisFor(seconds: number): Axis {
	return seconds < 300
		? { unit: 'seconds', seconds: 1 }
		: seconds < 3 * 3600
			? { unit: 'minutes', seconds: 60 }
			: { unit: 'hours', seconds: 3600 };
}

export interface PanelOptions {
	readonly span: Span;
	/** What the time is counted from: `the loss`. */
	readonly since: string;
	/** In seconds from the beginning of the span. */
	readonly markers: readonly Marker[];
	/** When the last was back; as far as the chart can tell where it is absent. */
	readonly settledSeconds?: number | null;
	/** The tops of the axes; each its own where they are absent. */
	readonly mostDown?: number;
	readonly mostRate?: number;
}

/** Two small charts for one curve, with what they show in words. */
export function panel(curve: Curve, options: PanelOptions): string {
	const { span, since, markers } = options;
	const axis = axisFor(span.until - span.from);
	const inUnits = (points: Array<[number, number]>) =>
		points.map(([x, y]): [number, number] => [x / axis.seconds, y]);
	const down = inUnits(shareDown(curve, span));
	const rate = inUnits(rateOver(curve.attempts, span));
	const most = (points: Array<[number, number]>) =>
		points.reduce((highest, [, y]) => Math.max(highest, y), 0);
	const left = down.at(-1)![1];
	const ends =
		most(down) === 0
			? 'no device is without a link'
			: left > 0
				? `${grouped(left)} % are without a link at the end of the chart`
				: `all are back after ${duration(options.settledSeconds ?? lastDown(down) * axis.seconds)}`;
	const summary = `${ends}; up to about ${grouped(Math.round(most(rate)))} attempts a second.`;
	const colour = colourOf(curve.policy);
	const time = {
		xLabel: `${axis.unit} since ${since}`,
		xScale: 'linear',
		x: [0, (span.until - span.from) / axis.seconds],
		markers: markers.map(({ x, name }) => ({ x: x / axis.seconds, name })),
		description: `${curve.name}: ${summary}`,
	} as const;
	return (
		`<figure><h3><i class="key c${colour}"></i>${escaped(curve.name)}</h3>` +
		lineChart(
			{
				...time,
				title: 'Devices without a link over time',
				yLabel: 'without a link, %',
				yScale: 'linear',
				y: [0, options.mostDown ?? Math.max(1, most(down))],
			},
			[{ colour, points: down }],
		) +
		lineChart(
			{
				...time,
				title: 'Attempts a second over time',
				yLabel: 'attempts a second (log)',
				yScale: 'log',
				y: [0.1, options.mostRate ?? Math.max(10, most(rate))],
			},
			[{ colour, points: rate }],
		) +
		`<figcaption>${escaped(summary[0]!.toUpperCase() + summary.slice(1))}</figcaption></figure>`
	);
}

/** When the last device came back. */
function lastDown(points: ReadonlyArray<readonly [number, number]>): number {
	const last = points.findLastIndex(([, y]) => y > 0);
	return points[last + 1]?.[0] ?? 0;
}

export function panels(all: readonly string[]): string {
	return `<div class="panels">${all.join('\n')}</div>`;
}
