/** A line of a chart. */
export interface Series {
	/** Which colour: see `colourOf`. */
	readonly colour: number;
	readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

/** A vertical line: the lower bound, a deploy. The page's text tells what it is. */
export interface Marker {
	readonly x: number;
	readonly name: string;
}

export interface ChartOptions {
	readonly title: string;
	/** In words what a line shows, for those who cannot see it. */
	readonly description: string;
	readonly xLabel: string;
	readonly yLabel: string;
	readonly xScale: 'linear' | 'log';
	readonly yScale: 'linear' | 'log';
	readonly x: readonly [least: number, most: number];
	readonly y: readonly [least: number, most: number];
	readonly markers?: readonly Marker[];
}

/** About as wide as a telephone, so that text is drawn there in the size that it says. */
const WIDTH = 320;
const HEIGHT = 190;
const LEFT = 46;
const RIGHT = 18;
const TOP = 20;
const BOTTOM = 36;

/** Text that is safe inside HTML and SVG. */
export function escaped(text: string): string {
	return text.replace(
		/[&<>"']/g,
		(character) => `&#${character.charCodeAt(0)};`,
	);
}

/** Round steps (1, 2 or 5 times a power of ten) that cut a range into about `count` parts. */
export function linearTicks(least: number, most: number, count = 4): number[] {
	const rough = (most - least) / count;
	const power = 10 ** Math.floor(Math.log10(rough));
	const factor = [1, 2, 5].find((each) => each * power >= rough) ?? 10;
	const step = factor * power;
	const ticks: number[] = [];
	for (let i = Math.ceil(least / step); i * step <= most; i++) {
		ticks.push(Number((i * step).toPrecision(12)));
	}
	return ticks;
}

/** Powers of ten, with 2 and 5 between them where a range is short. */
export function logTicks(least: number, most: number): number[] {
	const decades = Math.log10(most / least);
	const factors = decades < 2 ? [1, 2, 5] : [1];
	const ticks: number[] = [];
	for (
		let power = Math.floor(Math.log10(least));
		10 ** power <= most;
		power++
	) {
		for (const factor of factors) {
			const tick = Number((factor * 10 ** power).toPrecision(12));
			if (tick >= least && tick <= most) {
				ticks.push(tick);
			}
		}
	}
	return ticks;
}

function scale(
	kind: 'linear' | 'log',
	[least, most]: readonly [number, number],
	from: number,
	to: number,
): (value: number) => number {
	const of = kind === 'log' ? Math.log10 : (value: number) => value;
	const low = of(least);
	const high = of(most);
	return (value) => {
		const clipped = Math.min(most, Math.max(least, value));
		return from + ((of(clipped) - low) / (high - low)) * (to - from);
	};
}

const at = (value: number) => value.toFixed(1);

function label(tick: number): string {
	return tick >= 10_000
		? `${Number((tick / 1000).toPrecision(6))}k`
		: String(tick);
}

/** The frame of a chart, and where a point falls in it. */
function frame(options: ChartOptions) {
	const { xScale, yScale, x, y, markers = [] } = options;
	const right = WIDTH - RIGHT;
	const bottom = HEIGHT - BOTTOM;
	const toX = scale(xScale, x, LEFT, right);
	const toY = scale(yScale, y, bottom, TOP);
	const ticks = (
		kind: 'linear' | 'log',
		[least, most]: readonly [number, number],
	) => (kind === 'log' ? logTicks(least, most) : linearTicks(least, most));
	const grid = [
		...ticks(xScale, x).map(
			(tick) =>
				`<line class="grid" x1="${at(toX(tick))}" x2="${at(toX(tick))}" y1="${TOP}" y2="${bottom}"/>` +
				`<text x="${at(toX(tick))}" y="${bottom + 15}" text-anchor="middle">${label(tick)}</text>`,
		),
		...ticks(yScale, y).map(
			(tick) =>
				`<line class="grid" x1="${LEFT}" x2="${right}" y1="${at(toY(tick))}" y2="${at(toY(tick))}"/>` +
				`<text x="${LEFT - 5}" y="${at(toY(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
		),
		...markers.map(
			({ x: where, name }) =>
				`<line class="marker" x1="${at(toX(where))}" x2="${at(toX(where))}" y1="${TOP}" y2="${bottom}"><title>${escaped(name)}</title></line>`,
		),
		`<text x="${(LEFT + right) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escaped(options.xLabel)}</text>`,
		`<text x="0" y="11">${escaped(options.yLabel)}</text>`,
	];
	return { toX, toY, grid: grid.join('\n') };
}

function svg({ title, description }: ChartOptions, body: string): string {
	return (
		`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(`${title}. ${description}`)}">\n` +
		`${body}\n</svg>`
	);
}

/** Lines over a common axis. What lies outside the ranges is drawn at their edge. */
export function lineChart(
	options: ChartOptions,
	series: readonly Series[],
): string {
	const { toX, toY, grid } = frame(options);
	const line = ({ colour, points }: Series) => {
		const path = points
			.filter(([x]) => x <= options.x[1])
			.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(toX(x))} ${at(toY(y))}`)
			.join('');
		return `<path class="line c${colour}" d="${path}"/>`;
	};
	return svg(options, [grid, ...series.map(line)].join('\n'));
}

/** Numbered points in a plane; the list below tells the numbers. A point outside the ranges sits at their edge and is hollow. */
export function scatterChart(
	options: ChartOptions,
	points: ReadonlyArray<{ colour: number; x: number; y: number }>,
): string {
	const { toX, toY, grid } = frame(options);
	// A number goes beside what is already there.
	const taken: Array<[number, number]> = [];
	const marks = points.map(({ colour, x, y }, i) => {
		const cx = toX(x);
		const cy = toY(y);
		const outside = x > options.x[1] || y > options.y[1];
		let labelX = cx + 7;
		const isTaken = ([otherX, otherY]: [number, number]) =>
			Math.abs(otherX - labelX) < 16 && Math.abs(otherY - cy) < 13;
		while (taken.some(isTaken)) {
			labelX += 16;
		}
		taken.push([labelX, cy]);
		return (
			`<circle class="dot c${colour}${outside ? ' hollow' : ''}" cx="${at(cx)}" cy="${at(cy)}" r="4"/>` +
			`<text x="${at(labelX)}" y="${at(cy + 4)}">${i + 1}</text>`
		);
	});
	return svg(options, [grid, ...marks].join('\n'));
}
