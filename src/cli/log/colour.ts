/** The environment. */
type Env = Readonly<Record<string, string | undefined>>;

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold';

/** Gives a text a colour, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

const SGR: Record<Colour, readonly [on: number, off: number]> = {
	green: [32, 39],
	yellow: [33, 39],
	red: [31, 39],
	dim: [2, 22],
	bold: [1, 22],
};

export const plain: Paint = (_, text) => text;

const coloured: Paint = (colour, text) => {
	const [on, off] = SGR[colour];
	return `\u001b[${on}m${text}\u001b[${off}m`;
};

/** Colour for a terminal that has it, unless NO_COLOR is set (no-color.org); FORCE_COLOR has the last word, as in Node. */
export function paintFor(
	stream: { readonly isTTY?: boolean },
	env: Env,
): Paint {
	if (env.FORCE_COLOR) {
		return env.FORCE_COLOR === '0' ? plain : coloured;
	}
	const wanted = stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb';
	return wanted ? coloured : plain;
}
