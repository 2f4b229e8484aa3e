import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { SETTINGS } from '../../../src/cli/settings/table.js';
import { unknownVariables } from '../../../src/cli/settings/unknown.js';

const long = (flag: string) => /--[a-z-]+/.exec(flag)![0];

describe('the settings of run', () => {
	it('are listed in docs/cli.md, each with its flag, its variable and its name in the file', () => {
		const page = readFileSync('docs/cli.md', 'utf8');
		const rows = [
			...page.matchAll(
				/^\| `(--[a-z-]+)` \| `(CLOUDLINK_[A-Z_]+)` \| (?:`(\w+)`)? ?\| (.+) \|$/gm,
			),
		].map(([, flag, env, name]) => `${name ?? ''} ${flag} ${env}`);
		expect(rows).to.have.members([
			' --config CLOUDLINK_CONFIG',
			...Object.entries(SETTINGS).map(
				([name, { flag, env }]) => `${name} ${long(flag)} ${env}`,
			),
		]);
	});

	it('have no flag that takes a secret', () => {
		for (const { flag } of Object.values(SETTINGS)) {
			expect(flag).not.to.match(/--(key|password|token|secret)\b(?!-file)/);
		}
	});

	it('say what they expect, and say it of every value that they refuse', () => {
		for (const [name, setting] of Object.entries(SETTINGS)) {
			expect(setting.expected, name).not.to.equal('');
			expect(setting.help, name).to.match(/^[a-zA-Z]/);
		}
		expect(SETTINGS.services.parse('8080,')).to.deep.equal([8080]);
		expect(SETTINGS.services.parse(',')).to.equal(undefined);
		expect(SETTINGS.insecure.parse('maybe')).to.equal(undefined);
		expect(SETTINGS.insecure.parse('off')).to.equal(false);
		expect(SETTINGS.grace.parse('-1')).to.equal(undefined);
		expect(SETTINGS.grace.parse('0.5')).to.equal(0.5);
		expect(SETTINGS.ca.parse('')).to.equal(undefined);
	});

	it('name the variable that a misspelt one is near to, and none that shares the prefix alone', () => {
		const said = (name: string) => unknownVariables({ [name]: 'x' })[0];
		expect(said('CLOUDLINK_SERVICE')).to.include('CLOUDLINK_SERVICES?');
		expect(said('CLOUDLINK_DEVICEKEY')).to.match(/CLOUDLINK_DEVICEKEY\.$/);
		expect(said('CLOUDLINK_UUID')).to.equal(undefined);
	});
});
