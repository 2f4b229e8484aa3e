import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { importsOf, SOURCE, sources } from './imports.js';

/** Time and chance, in every form in which they could slip in. */
const FORBIDDEN =
	/\b(Math\.random|Date\.now|new Date\(\)|performance\.(now|timeOrigin)|setTimeout|setInterval|AbortSignal\.timeout|process\.hrtime|timers\/promises)\b/;

/** Where they are allowed: the ports themselves, and the command's outermost shell. */
const ALLOWED = /^(runtime|cli)\//;

/** Lines of code that match, without comments and without what only names a thing in a text. */
function offences(file: string): string[] {
	const code = readFileSync(join(SOURCE, file), 'utf8').replace(
		/\/\*[\s\S]*?\*\/|\/\/.*|'[^'\n]*'/g,
		(text) => text.replace(/[^\n]/g, ' '),
	);
	return code
		.split('\n')
		.flatMap((line, index) =>
			FORBIDDEN.test(line) ? [`${file}:${index + 1} ${line.trim()}`] : [],
		);
}

describe('time and chance', () => {
	it('are touched by the ports and the command alone', () => {
		const files = sources().filter((file) => !ALLOWED.test(file));
		expect(files.length).to.be.above(20);
		expect(files.flatMap(offences)).to.deep.equal([]);
	});

	it('would be found if they were touched elsewhere', () => {
		expect(offences('runtime/clock.ts')).not.to.deep.equal([]);
		expect(offences('runtime/random.ts')).not.to.deep.equal([]);
	});
});

describe('the layers', () => {
	it('keep the decision cores free of I/O', () => {
		const cores = sources().filter(
			(file) =>
				/^(pacing|nodes)\//.test(file) ||
				/^(selection|decisions)\//.test(file) ||
				['outcome.ts', 'hint.ts', 'agent/state.ts'].includes(file),
		);
		expect(cores.length).to.be.above(15);
		const io = cores.flatMap((file) =>
			importsOf(file)
				.filter(
					(from) =>
						/^node:(?!util|url|net$)/.test(from) ||
						/(agent\/(?!state)|tunnel|native|device|cli|testing|websocket)\//.test(
							from,
						),
				)
				.map((from) => `${file} imports ${from}`),
		);
		expect(io).to.deep.equal([]);
	});

	it('let nothing but the one join know all three cores', () => {
		const knowing = sources().filter((file) => {
			const from = importsOf(file).join(' ');
			return (
				from.includes('pacing/') &&
				from.includes('nodes/') &&
				from.includes('selection')
			);
		});
		expect(knowing.length).to.be.above(0);
		expect(
			knowing.filter((file) => !file.startsWith('decisions/')),
		).to.deep.equal([]);
	});
});
