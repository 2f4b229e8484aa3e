import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';

const run = promisify(execFile);
const FOLDER = 'examples/testing';
const page = readFileSync('docs/testing.md', 'utf8');

/** A program of its own, as the first lines of the file say; a reporter of the outer mocha is not its business. */
async function runAsItSays(file: string): Promise<string> {
	const source = readFileSync(`${FOLDER}/${file}`, 'utf8');
	const command = /^ \* +npx (.+)$/m.exec(source)?.[1];
	expect(command, `${file} says how it is run`).to.be.a('string');
	const { stdout } = await run('npx', ['--no-install', ...command!.split(' ')]);
	return stdout;
}

describe('docs/testing.md', function () {
	this.timeout(60_000);

	for (const file of readdirSync(FOLDER)) {
		it(`shows ${file} as it stands`, () => {
			const shown = readFileSync(`${FOLDER}/${file}`, 'utf8').replace(
				/^\/\*\*[^]*?\*\/\n/,
				'',
			);
			expect(page).to.contain(shown.trim());
		});

		it(`has in ${file} a test that passes`, async () => {
			const printed = await runAsItSays(file);
			expect(printed).to.match(/# pass 1|[12] passing/);
		});
	}
});
