import { expect } from 'chai';
import { spawnSync } from 'node:child_process';

import { makeProgram } from '../../../src/cli/program.js';
import { SCRIPTS, type Shell } from '../../../src/cli/completion/scripts.js';
import { wordsOf } from '../../../src/cli/completion/words.js';

const has = (shell: Shell) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What each shell offers for `cloudlink-agent sta` and for `cloudlink-agent status --wa`. */
const ASK: Record<Shell, string> = {
	bash: `
COMP_WORDS=(cloudlink-agent sta) COMP_CWORD=1; _cloudlink_agent; echo "\${COMPREPLY[@]}"
COMP_WORDS=(cloudlink-agent status --wa) COMP_CWORD=2; _cloudlink_agent; echo "\${COMPREPLY[@]}"`,
	// Its completion needs a terminal; that it loads is what can be seen without.
	zsh: '(( $+functions[_cloudlink_agent] )) && echo status && echo --watch',
	fish: 'complete -C "cloudlink-agent sta"; complete -C "cloudlink-agent status --wa"',
};

describe('cloudlink-agent completion', () => {
	for (const shell of Object.keys(SCRIPTS) as Shell[]) {
		it(`completes commands and flags in ${shell}`, async function () {
			if (!has(shell)) {
				this.skip();
			}
			const script = SCRIPTS[shell](wordsOf(await makeProgram()));
			const first =
				shell === 'zsh' ? 'autoload -U compinit && compinit -u -D\n' : '';
			const { stdout, stderr } = spawnSync(
				shell,
				['-c', `${first}${script}\n${ASK[shell]}`],
				{ encoding: 'utf8' },
			);
			expect(stderr).to.equal('');
			expect(
				stdout.split('\n').map((line) => line.split('\t')[0]),
			).to.include.members(['status', '--watch']);
		});
	}

	it('has every command and every flag that there is', async () => {
		const program = await makeProgram();
		const words = wordsOf(program);
		expect(words.map(({ name }) => name)).to.include.members([
			'run',
			'status',
			'doctor',
			'completion',
		]);
		for (const { name, flags } of words) {
			const command = program.commands.find((one) => one.name() === name)!;
			expect(flags.map(({ long }) => long)).to.have.members([
				...command.options.map(({ long }) => long),
				'--help',
			]);
		}
	});
});
