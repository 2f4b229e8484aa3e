/** One line of the table: what was measured, the figure, and what it has to be. */
export interface Row {
	readonly what: string;
	readonly figure: number;
	readonly target: string;
	readonly met: boolean;
	/** The absolute figures behind it. */
	readonly detail: string;
}

export const median = (values: readonly number[]): number => {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.floor(sorted.length / 2)]!;
};

export const atLeast = (
	what: string,
	figure: number,
	least: number,
	detail: string,
): Row => ({
	what,
	figure,
	target: `>= ${least}`,
	met: figure >= least,
	detail,
});

export const atMost = (
	what: string,
	figure: number,
	most: number,
	detail: string,
): Row => ({
	what,
	figure,
	target: `<= ${most}`,
	met: figure <= most,
	detail,
});

export const between = (
	what: string,
	figure: number,
	least: number,
	most: number,
	detail: string,
): Row => ({
	what,
	figure,
	target: `${least} to ${most}`,
	met: figure >= least && figure <= most,
	detail,
});

const digits = (value: number) =>
	Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);

export const show = ({ what, figure, target, met, detail }: Row): string =>
	`| ${what} | ${digits(figure)} | ${target} | ${met ? 'yes' : 'NO'} | ${detail} |`;

export const HEAD =
	'| what | measured | target | met | UDP against TCP + TLS, same run |\n|---|---|---|---|---|';
