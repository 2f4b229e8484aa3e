import { readdirSync, readFileSync } from 'node:fs';

import { expect } from 'chai';

const FOLDER = new URL('../../../examples/systemd/', import.meta.url);

/** What a unit says of one setting. */
const said = (text: string, setting: string): string[] =>
	text
		.split('\n')
		.filter((line) => line.startsWith(`${setting}=`))
		.map((line) => line.slice(setting.length + 1));

describe('the units for systemd', () => {
	for (const name of readdirSync(FOLDER)) {
		it(`starts, watches, reloads and restarts the agent: ${name}`, () => {
			const unit = readFileSync(new URL(name, FOLDER), 'utf8');
			expect(said(unit, 'Type')).to.deep.equal(['notify']);
			expect(said(unit, 'WatchdogSec')).to.have.lengthOf(1);
			expect(said(unit, 'Restart')).to.deep.equal(['always']);
			expect(said(unit, 'ExecReload')).to.deep.equal([
				'/bin/kill -HUP $MAINPID',
			]);
			expect(said(unit, 'ExecStart').join()).to.match(
				/^\/usr\/bin\/cloudlink-agent run --config \S+/,
			);
		});
	}
});
