/** A line of a chart. */
export interface Series {
	readonly name: string;
	/** Which colour: the same number is the same policy in every chart of a page. */
	readonly colour: number;
	/** Whether this is our policy: it is drawn thick, and on top of the others. */
	readonly ours: boolean;
	readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

/** A vertical line with a name: the lower bound, a deploy. */
export interface Marker {
	readonly x: number;
	readonly name: string;
}

export interface ChartOptions {
	readonly title: string;
	readonly xLabel: string;
	readonly yLabel: string;
	readonly xScale: 'linear' | 'log';
	readonly yScale: 'linear' | 'log';
	readonly x: readonly [least: number, most: number];
	readonly y: readonly [least: number, most: number];
	readonly markers?: readonly Marker[];
}

const WIDTH = 860;
const HEIGHT = 360;
const LEFT = 70;
const RIGHT = 20;
const TOP = 20;
const BOTTOM = 50;

/** Text that is safe inside HTML and SVG. */
export function escaped(text: string): string {
	return text.replace(
		/[&<>"']/g,
		(character) => `&#${character.charCodeAt(0)};`,
	);
}

/** Round steps (1, 2 or 5 times a power of ten) that cut a range into about `count` parts. */
export function linearTicks(least: number, most: number, count = 6): number[] {
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
	const factors = decades < 2.5 ? [1, 2, 5] : [1];
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
	return tick >= 10_000 ? tick.toLocaleString('en-US') : String(tick);
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
				`<text x="${at(toX(tick))}" y="${bottom + 18}" text-anchor="middle">${label(tick)}</text>`,
		),
		...ticks(yScale, y).map(
			(tick) =>
				`<line class="grid" x1="${LEFT}" x2="${right}" y1="${at(toY(tick))}" y2="${at(toY(tick))}"/>` +
				`<text x="${LEFT - 8}" y="${at(toY(tick) + 4)}" text-anchor="end">${label(tick)}</text>`,
		),
		...markers.map(
			({ x: where, name }) =>
				`<line class="marker" x1="${at(toX(where))}" x2="${at(toX(where))}" y1="${TOP}" y2="${bottom}"/>` +
				`<text class="marker" x="${at(toX(where) + 4)}" y="${TOP + 12}">${escaped(name)}</text>`,
		),
		`<text x="${(LEFT + right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${escaped(options.xLabel)}</text>`,
		`<text x="16" y="${(TOP + bottom) / 2}" text-anchor="middle" transform="rotate(-90 16 ${(TOP + bottom) / 2})">${escaped(options.yLabel)}</text>`,
	];
	return { toX, toY, grid: grid.join('\n') };
}

function svg(title: string, body: string): string {
	return (
		`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(title)}">\n` +
		`${body}\n</svg>`
	);
}

/** Lines over a common axis. What lies outside the ranges is drawn at their edge. */
export function lineChart(
	options: ChartOptions,
	series: readonly Series[],
): string {
	const { toX, toY, grid } = frame(options);
	const line = ({ name, colour, ours, points }: Series) => {
		const path = points
			.filter(([x]) => x <= options.x[1])
			.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(toX(x))} ${at(toY(y))}`)
			.join('');
		const kind = ours ? 'line ours' : 'line';
		return `<path class="${kind} c${colour}" d="${path}"><title>${escaped(name)}</title></path>`;
	};
	const onTop = [...series].sort((a, b) => Number(a.ours) - Number(b.ours));
	return svg(options.title, [grid, ...onTop.map(line)].join('\n'));
}

/** Named points in a plane. A point outside the ranges sits at their edge and is hollow. */
export function scatterChart(
	options: ChartOptions,
	points: ReadonlyArray<{ name: string; colour: number; x: number; y: number }>,
): string {
	const { toX, toY, grid } = frame(options);
	// A label goes below what is already there: other labels, and the marks themselves.
	const taken = points.map(({ x, y }): [number, number] => [
		toX(x) - 125,
		toY(y) + 4,
	]);
	const marks = points.map(({ name, colour, x, y }) => {
		const cx = toX(x);
		const cy = toY(y);
		const outside = x > options.x[1] || y > options.y[1];
		let labelY = cy + 4;
		const isTaken = ([otherX, otherY]: [number, number]) =>
			Math.abs(otherX - cx) < 120 && Math.abs(otherY - labelY) < 13;
		while (taken.some(isTaken)) {
			labelY += 13;
		}
		taken.push([cx, labelY]);
		const [labelX, anchor] =
			cx > WIDTH - 150 ? [cx - 9, 'end'] : [cx + 9, 'start'];
		return (
			`<circle class="dot c${colour}${outside ? ' hollow' : ''}" cx="${at(cx)}" cy="${at(cy)}" r="5"><title>${escaped(name)}</title></circle>` +
			`<text x="${at(labelX)}" y="${at(labelY)}" text-anchor="${anchor}">${escaped(name)}</text>`
		);
	});
	return svg(options.title, [grid, ...marks].join('\n'));
}
