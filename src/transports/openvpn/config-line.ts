/** A configuration line that is longer is refused by openvpn (`OPTION_LINE_SIZE`, with the line end). */
export const LONGEST_CONFIG_LINE = 255;

/** The words of one line, or what is wrong with it. */
export type ConfigLine =
	{ readonly words: readonly string[] } | { readonly problem: string };

const isSpace = (char: string) => char === '' || /[ \t\n\v\f\r]/.test(char);

type Quote = '"' | "'" | undefined;

const ends = (char: string, quote: Quote) =>
	quote ? char === quote : isSpace(char);

/**
 * Reads a line as openvpn's own `parse_line` does (options_util.c, before 2.6 options.c): words between spaces, `"` and
 * `'` around them, `\` before `"`, `\` or a space, and a comment from `#` or `;` at the start of any word. Two quoted
 * words may touch.
 */
export function readConfigLine(line: string): ConfigLine {
	const words: string[] = [];
	let word: string | undefined;
	let quote: Quote;
	let escaped = false;
	for (let at = 0; at <= line.length; at++) {
		const char = line.charAt(at);
		if (!escaped && char === '\\' && quote !== "'") {
			escaped = true;
			continue;
		}
		const isPlain = escaped;
		escaped = false;
		if (word === undefined && isSpace(char)) {
			continue;
		}
		if (word === undefined && (char === '#' || char === ';')) {
			break;
		}
		if (word === undefined && !isPlain && (char === '"' || char === "'")) {
			quote = char;
			word = '';
			continue;
		}
		if (word !== undefined && !isPlain && ends(char, quote)) {
			words.push(word);
			word = undefined;
			quote = undefined;
			continue;
		}
		if (isPlain && char !== '' && !/["\\\s]/.test(char)) {
			return { problem: 'a backslash stands before an ordinary character' };
		}
		word = (word ?? '') + char;
	}
	return word === undefined
		? { words }
		: { problem: 'a quotation is not closed' };
}
