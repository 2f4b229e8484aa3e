import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { parse } from 'yaml';

import { makeProgram } from '../../../src/cli/program.js';

interface Job {
	readonly spec: {
		readonly completionMode: string;
		readonly completions: number;
		readonly parallelism: number;
		readonly backoffLimit: number;
		readonly template: {
			readonly spec: {
				readonly containers: ReadonlyArray<{
					readonly command: readonly string[];
				}>;
			};
		};
	};
}

const job = parse(
	readFileSync(
		new URL('../../../examples/rehearse/job.yaml', import.meta.url),
		'utf8',
	),
) as Job;

describe('examples/rehearse/job.yaml', () => {
	it('runs all shares at once, and none a second time', () => {
		const { completions, parallelism, backoffLimit, completionMode } = job.spec;
		expect(completionMode).to.equal('Indexed');
		expect(parallelism).to.equal(completions);
		expect(backoffLimit).to.equal(0);
	});

	it('calls rehearse with options that there are, and each pod with its share', async () => {
		const [shell, flag, line] = job.spec.template.spec.containers[0]!.command;
		expect([shell, flag]).to.deep.equal(['/bin/sh', '-c']);
		const [exec, name, command, ...args] = line!
			.replaceAll('"', '')
			.replace('$JOB_COMPLETION_INDEX', '4')
			.replace('$ACCEPT_RATE', '100')
			.replace('$HINTS', 'window')
			.replace('$CUT_AT', '2026-11-30T18:00:00Z')
			.trim()
			.split(/\s+/);
		expect([exec, name, command]).to.deep.equal([
			'exec',
			'cloudlink-agent',
			'rehearse',
		]);
		const program = await makeProgram('rehearse');
		const rehearse = program.commands[0]!;
		const { operands, unknown } = rehearse.parseOptions(args);
		expect([...operands, ...unknown]).to.deep.equal([]);
		expect(rehearse.opts()).to.deep.include({
			devices: 10_000,
			share: { index: 4, of: job.spec.completions },
			yesThisIsStaging: true,
			json: true,
		});
	});
});
