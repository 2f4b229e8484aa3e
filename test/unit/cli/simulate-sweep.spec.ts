import { expect } from 'chai';
import { Command } from 'commander';

import {
	addArguments,
	type Flags,
} from '../../../src/cli/simulate/arguments.js';
import { ProgressBar } from '../../../src/cli/simulate/progress.js';
import { simulateSweep } from '../../../src/cli/simulate/sweep/sweep.js';
import { virtualBar } from './virtual-bar.js';

function flagsOf(...args: string[]): Flags {
	const command = new Command().exitOverride();
	command.configureOutput({ writeErr: () => undefined });
	return addArguments(command).parse(args, { from: 'user' }).opts<Flags>();
}

describe('simulate --policy', () => {
	it('adds up where it is repeated, each policy once, in place of the default', () => {
		const namesOf = (...args: string[]) =>
			flagsOf(...args).policy.map(({ name }) => name);
		expect(namesOf('--policy', 'agent,mqttjs')).to.deep.equal([
			'agent',
			'mqttjs',
		]);
		expect(
			namesOf('--policy', 'agent', '--policy', 'mqttjs,agent'),
		).to.deep.equal(['agent', 'mqttjs']);
		expect(namesOf()).to.have.length(3);
	});
});

describe('simulate --sweep', () => {
	it('reads the values as the option itself would', () => {
		const { sweep } = flagsOf(
			...[
				'--sweep',
				'accept-rate=50,100,Infinity',
				'--sweep',
				'hints=none,slots',
			],
		);
		expect(sweep.map(({ attribute }) => attribute)).to.deep.equal([
			'acceptRate',
			'hints',
		]);
		expect(sweep[0]!.values.map(({ value }) => value)).to.deep.equal([
			50,
			100,
			Infinity,
		]);
	});

	for (const [given, message] of [
		['acept-rate=5', 'did you mean `accept-rate`?'],
		['accept-rate', 'accept-rate=VALUE,VALUE'],
		['accept-rate=5,fast', 'number or Infinity'],
		['hints=some', 'one of none, window'],
		['policy=agent', '`policy` cannot be swept'],
		['devices=1.5', 'whole number'],
	] as const) {
		it(`refuses ${given} and says what would be right`, () => {
			expect(() => flagsOf('--sweep', given)).to.throw(message);
		});
	}

	it('is given once for each option, and at most twice', () => {
		const twice = ['--sweep', 'seed=1,2', '--sweep', 'seed=3,4'];
		expect(() => flagsOf(...twice)).to.throw(
			'given twice, with an option each',
		);
		const three = [
			'--sweep',
			'seed=1',
			'--sweep',
			'outage=1',
			'--sweep',
			'herds=1',
		];
		expect(() => flagsOf(...three)).to.throw('given twice');
	});

	it('gives a grid, in which each cell says what it was made of', async () => {
		const flags = flagsOf(
			...['--devices', '60', '--policy', 'agent,full-jitter'],
			...['--sweep', 'accept-rate=3,6', '--sweep', 'hints=none,window'],
		);
		const { bar, updates } = virtualBar();
		const { results, table, page } = await simulateSweep(
			flags,
			bar,
			'src/cli/main.ts',
		);
		expect(results).to.have.length(8);
		expect(results[0]).to.deep.include({
			sweep: { 'accept-rate': '3', hints: 'none' },
			policy: 'agent',
			lowerBoundSeconds: 20,
		});
		expect(table).to.contain('agent: accept-rate by hints:');
		expect(table).to.contain('full-jitter: accept-rate by hints:');
		expect(table).to.match(/^3 .* each .* each$/m);
		expect(page().match(/<svg/g)).to.have.length(4);
		expect(updates.at(-1)).to.equal(1);
		expect(bar).to.be.instanceOf(ProgressBar);
	});
});
