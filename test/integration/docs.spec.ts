import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

import { makeProgram } from '../../src/cli/program.js';

interface Block {
	readonly file: string;
	readonly line: number;
	readonly language: string;
	readonly text: string;
}

/** Without docs/api, which is generated, and held against the source by `.ci/run`. */
const pages = [
	'README.md',
	...['docs', 'examples'].flatMap((folder) =>
		readdirSync(folder, { recursive: true, encoding: 'utf8' })
			.filter((name) => name.endsWith('.md') && !name.startsWith('api'))
			.map((name) => join(folder, name)),
	),
];

function blocksOf(file: string): Block[] {
	const page = readFileSync(file, 'utf8');
	return [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map((match) => ({
		file,
		line: page.slice(0, match.index).split('\n').length,
		language: match[1]!,
		text: match[2]!,
	}));
}

/** The commands that an example's own comment names, which stand there indented by three. */
function commentBlocksOf(file: string): Block[] {
	const lines = readFileSync(file, 'utf8').split('\n');
	return lines.flatMap((text, index) => {
		const command = /^ \* {3,}(\S.*)$/.exec(text)?.[1];
		return command === undefined
			? []
			: [{ file, line: index, language: 'sh', text: command }];
	});
}

const blocks = [
	...pages.flatMap(blocksOf),
	...readdirSync('examples', { recursive: true, encoding: 'utf8' })
		.filter((name) => name.endsWith('.ts'))
		.flatMap((name) => commentBlocksOf(join('examples', name))),
];
const inLanguage = (...languages: string[]) =>
	blocks.filter(({ language }) => languages.includes(language));
const at = ({ file, line }: Block) => `${file}:${line}`;

/** Checked by tests of their own, with the programs that they are for; '' is a drawing. */
const ELSEWHERE = ['', 'text', 'conf', 'haproxy', 'nginx', 'http', 'console'];

/** Type-checks the blocks in memory, each as a module beside the page that it stands in. */
function problemsOf(snippets: readonly Block[]): string[] {
	const { config } = ts.readConfigFile('tsconfig.json', (path) =>
		ts.sys.readFile(path),
	);
	const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
	const sources = new Map(
		snippets.map((block) => [
			resolve(dirname(block.file), `block-${block.line}-of-page.ts`),
			block,
		]),
	);
	const host = ts.createCompilerHost(options);
	const { readFile, fileExists } = host;
	// `export {}` makes a module of a block that imports nothing.
	host.readFile = (name) => {
		const block = sources.get(resolve(name));
		return block ? `${block.text}\nexport {};\n` : readFile(name);
	};
	host.fileExists = (name) => sources.has(resolve(name)) || fileExists(name);
	host.getSourceFile = (name, languageVersion) => {
		const text = host.readFile(name);
		return text === undefined
			? undefined
			: ts.createSourceFile(name, text, languageVersion);
	};
	const program = ts.createProgram(
		[...sources.keys()],
		{ ...options, noUnusedLocals: false },
		host,
	);
	return ts.getPreEmitDiagnostics(program).flatMap((diagnostic) => {
		const { file, start, messageText } = diagnostic;
		const block = file && sources.get(resolve(file.fileName));
		if (!block) {
			return [];
		}
		const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
		const message = ts.flattenDiagnosticMessageText(messageText, '\n');
		return [`${block.file}:${block.line + line + 1} ${message}`];
	});
}

/** What is wrong with the syntax of JavaScript, be it CommonJS or a module. */
const mistakesIn = (text: string) =>
	ts
		.transpileModule(text, { fileName: 'block.js', reportDiagnostics: true })
		.diagnostics!.map(({ messageText }) => messageText);

/** The commands of a shell block, with continued lines joined and comments left out. */
function commandsOf({ text }: Block): string[][] {
	return text
		.replace(/\\\n\s*/g, ' ')
		.split('\n')
		.flatMap((line) => line.replace(/(^|\s)#.*$/, '').split(/&&|\|\|?|;/))
		.map((line) => line.trim().split(/\s+/))
		.filter(([first]) => first !== '')
		.map((words) => {
			const start = words.findIndex(
				(word) => !/^(\w+=.*|npx|sudo)$/.test(word),
			);
			return words.slice(start);
		});
}

/** The anchors that GitHub gives to a page's headings. */
const anchorsOf = (file: string): string[] =>
	[...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map((match) =>
		match[1]!
			.toLowerCase()
			.replace(/[^\p{L}\p{N}\s_-]/gu, '')
			.replace(/\s/g, '-'),
	);

describe('the documentation', function () {
	this.timeout(120_000);

	it('has code blocks in languages that are checked, and in no others', () => {
		const known = ['ts', 'js', 'json', 'jsonc', 'sh', 'yaml', ...ELSEWHERE];
		expect(blocks.length).to.be.greaterThan(20);
		expect(
			blocks.filter(({ language }) => !known.includes(language)).map(at),
		).to.deep.equal([]);
	});

	it('has TypeScript that compiles against the package', () => {
		const broken = {
			file: 'README.md',
			line: 0,
			language: 'ts',
			text: 'const number: string = 5;',
		};
		expect(problemsOf([broken, ...inLanguage('ts')])).to.deep.equal([
			"README.md:1 Type 'number' is not assignable to type 'string'.",
		]);
	});

	it('has JavaScript, JSON and YAML that parse', () => {
		expect(mistakesIn('const = 5;')).not.to.have.length(0);
		for (const block of inLanguage('js')) {
			expect(mistakesIn(block.text), at(block)).to.deep.equal([]);
		}
		for (const block of inLanguage('json')) {
			expect(() => JSON.parse(block.text) as unknown, at(block)).not.to.throw();
		}
		for (const block of inLanguage('yaml')) {
			const problems = parseAllDocuments(block.text).flatMap(
				({ errors }) => errors,
			);
			expect(problems, at(block)).to.deep.equal([]);
		}
	});

	it('has shell blocks that a shell can read', () => {
		for (const block of inLanguage('sh')) {
			const script = block.text.replace(/<(\w+)>/g, '$1');
			expect(
				() => execFileSync('sh', ['-n'], { input: script, stdio: 'pipe' }),
				at(block),
			).not.to.throw();
		}
	});

	it('calls commands and flags of cloudlink-agent that there are, and scripts of npm', async () => {
		const program = await makeProgram();
		const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
			scripts: Record<string, string>;
		};
		let calls = 0;
		for (const block of inLanguage('sh')) {
			for (const [name, ...args] of commandsOf(block)) {
				const what = `${at(block)}: ${name} ${args.join(' ')}`;
				if (name === 'npm' && args[0] === 'run') {
					expect(scripts, what).to.have.property(args[1]!);
				} else if (name === 'cloudlink-agent') {
					const command = program.commands.find(
						(one) => one.name() === args[0],
					);
					expect(command, what).not.to.equal(undefined);
					const { unknown } = command!.parseOptions(args.slice(1));
					expect(unknown, what).to.deep.equal([]);
					calls++;
				}
			}
		}
		expect(calls).to.be.greaterThan(5);
	});

	it('says on each page first for whom it is', () => {
		const silent = pages
			.filter((file) => /^docs\/[^/]+$/.test(file))
			.filter((file) => !/^# .+\n\nFor \w+/.test(readFileSync(file, 'utf8')));
		expect(silent).to.deep.equal([]);
	});

	it('links only to headings that there are', () => {
		const broken = pages.flatMap((file) => {
			const page = readFileSync(file, 'utf8').replace(/```[^]*?```/g, '');
			return [...page.matchAll(/\]\(([^)#\s:]*\.md)?#([^)]+)\)/g)]
				.filter(([, target, anchor]) => {
					const linked = target ? join(dirname(file), target) : file;
					return existsSync(linked) && !anchorsOf(linked).includes(anchor!);
				})
				.map(([, target, anchor]) => `${file} -> ${target ?? ''}#${anchor}`);
		});
		expect(broken).to.deep.equal([]);
	});

	it('links only to pages and files that there are', () => {
		const broken = pages.flatMap((file) => {
			const page = readFileSync(file, 'utf8').replace(/```[^]*?```/g, '');
			return [...page.matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)(#[^)]*)?\)/g)]
				.map((match) => match[1]!)
				.filter((target) => !existsSync(join(dirname(file), target)))
				.map((target) => `${file} -> ${target}`);
		});
		expect(broken).to.deep.equal([]);
	});
});
