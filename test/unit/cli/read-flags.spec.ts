import { expect } from 'chai';
import { Command } from 'commander';

import { readFlags } from '../../../src/cli/run/read-flags.js';
import { addSettings } from '../../../src/cli/settings/flags.js';
import { SETTINGS } from '../../../src/cli/settings/table.js';
import type { SettingName } from '../../../src/cli/settings/types.js';
import { seededRandom } from '../../../src/testing/index.js';

/** What commander makes of the same arguments; undefined where it refuses them. */
function asCommander(args: readonly string[]): unknown {
	const command = new Command()
		.option('--config <file>')
		.exitOverride()
		.configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
	addSettings(command, Object.keys(SETTINGS) as SettingName[]);
	try {
		return { ...command.parse(args, { from: 'user' }).opts() };
	} catch {
		return undefined;
	}
}

describe('the flags of run', () => {
	it('are read as commander reads them, or left to it', () => {
		const flags = ['--config', '--help', '-h', '--nonsense', '--', '-', '-x'];
		for (const { flag } of Object.values(SETTINGS)) {
			flags.push(flag.split(' ')[0]!);
		}
		const values = ['a', 'a:1', '', '=', '--', '-1', 'a=b', 'a,b', 'x y', '\n'];
		let read = 0;
		for (let seed = 1; seed <= 3000; seed++) {
			const random = seededRandom(seed);
			const one = (of: readonly string[]) =>
				of[Math.floor(random() * of.length)]!;
			const args = Array.from({ length: Math.floor(random() * 6) }, () =>
				random() < 0.5
					? one(flags)
					: random() < 0.3
						? `${one(flags)}=${one(values)}`
						: one(values),
			);
			const ours = readFlags(args);
			if (ours !== undefined) {
				read++;
				expect(ours, `seed ${seed}: ${JSON.stringify(args)}`).to.deep.equal(
					asCommander(args),
				);
			}
		}
		expect(read).to.be.greaterThan(200);
	});

	it('are read without commander in the forms that a service uses', () => {
		const args = '--uuid=a1 --insecure --node a:1 b:2 --node c --log json';
		expect(readFlags(args.split(' '))).to.deep.equal({
			uuid: 'a1',
			insecure: true,
			node: ['a:1', 'b:2', 'c'],
			log: 'json',
		});
	});

	it('are left to commander where they are wrong, or ask for help', () => {
		for (const args of [
			['--help'],
			['--uuid'],
			['--uuid', '--insecure'],
			['--insecure=1'],
			['--uid', 'a1'],
			['stray'],
			['--uuid', 'a1', 'stray'],
		]) {
			expect(readFlags(args), args.join(' ')).to.equal(undefined);
		}
	});
});
