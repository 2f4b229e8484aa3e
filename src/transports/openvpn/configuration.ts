import { LONGEST_CONFIG_LINE, readConfigLine } from './config-line.js';

/** One line of an openvpn configuration, or an inline block (`<ca>...</ca>`) as a whole. */
export interface Directive {
	readonly name: string;
	/** What stands behind the name; empty for a block. */
	readonly words: readonly string[];
	/** As in the file; for a block with its content. */
	readonly text: string;
	/** The content, where it is a block. */
	readonly block?: string;
}

export interface Configuration {
	readonly directives: readonly Directive[];
	/** Why openvpn would not start with it, or would read more than this text. */
	readonly problems: readonly string[];
}

/** Longer configurations are not read; the ones that the cloud hands out have some 3 KiB. */
export const LONGEST_CONFIGURATION = 1024 * 1024;

/** `setenv opt` before a directive makes openvpn overlook that it does not know it. */
function withoutOpt(words: readonly string[]): readonly string[] {
	return words[0] === 'setenv' && words[1] === 'opt' ? words.slice(2) : words;
}

const bare = (name: string) =>
	name.length >= 3 && name.startsWith('--') ? name.slice(2) : name;

/** Without the spaces of C's `isspace` around it; one behind a backslash belongs to the last word. */
const trimmed = (line: string) =>
	line.replace(/^[ \t\v\f\r]+|(?<!\\)[ \t\v\f\r]+$/g, '');

/**
 * Reads a configuration as openvpn does, in one pass: comments and empty lines are left out, inline blocks are kept
 * together. What openvpn would refuse, and what would make it read another file, is a problem.
 */
export function parseConfiguration(text: string): Configuration {
	const directives: Directive[] = [];
	const problems: string[] = [];
	const lines = text.replace(/^\uFEFF/, '').split('\n');
	const problem = (index: number, what: string) => {
		problems.push(`line ${index + 1}: ${what}`);
	};
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at]!;
		if (line.includes('\0')) {
			problem(at, 'it holds a NUL character, and is no text');
			continue;
		}
		const read = readConfigLine(line);
		if ('problem' in read) {
			problem(at, read.problem);
			continue;
		}
		const [head, ...words] = withoutOpt(read.words);
		if (head === undefined) {
			continue;
		}
		if (Buffer.byteLength(line) > LONGEST_CONFIG_LINE) {
			problem(at, `it is longer than ${LONGEST_CONFIG_LINE} bytes`);
			continue;
		}
		const name = bare(head);
		const block = words.length === 0 ? /^<(.+)>$/.exec(name)?.[1] : undefined;
		if (block === undefined) {
			if (name === 'config') {
				problem(at, '`config` reads another file: give one whole text');
			}
			directives.push({ name, words, text: trimmed(line) });
			continue;
		}
		// Whatever stands behind the end tag.
		const endTag = `</${block}>`;
		let end = at + 1;
		while (end < lines.length && !lines[end]!.trimStart().startsWith(endTag)) {
			end += 1;
		}
		if (end === lines.length) {
			problem(at, `<${block}> has no end: ${endTag} is missing`);
		}
		const body = lines
			.slice(at + 1, end)
			.join('\n')
			.replaceAll('\r', '');
		directives.push({
			name: block,
			words: [],
			text: [`<${block}>`, ...(body === '' ? [] : [body]), endTag].join('\n'),
			block: body,
		});
		at = end;
	}
	return { directives, problems };
}
