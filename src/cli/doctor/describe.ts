import { plain, type Colour, type Paint } from '../log/colour.js';
import { printable } from '../log/words.js';
import type { Finding, Grade } from './finding.js';

const MARK: Record<Grade, readonly [mark: string, colour: Colour]> = {
	ok: ['ok  ', 'green'],
	note: ['note', 'dim'],
	warning: ['warn', 'yellow'],
	failure: ['FAIL', 'red'],
};

/** One line: what was seen, and what to do. */
export function describeFinding(
	{ check, grade, seen, advice }: Finding,
	paint: Paint = plain,
): string {
	const [mark, colour] = MARK[grade];
	const line = `${check.padEnd(11)}  ${seen}`;
	const text = advice && grade !== 'ok' ? `${line} -> ${advice}` : line;
	return `${paint(colour, mark)}  ${printable(text)}`;
}
