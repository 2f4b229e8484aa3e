import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import {
	HERD_DEFAULTS,
	policyNamed,
	simulateHerd,
} from '../../src/simulator/index.js';

describe('simulate --sweep of the built command', function () {
	this.timeout(60_000);

	it('runs in threads that load its own file, also through the link that npm makes, with the results of one thread', () => {
		const folder = mkdtempSync(join(tmpdir(), 'cloudlink-sweep-'));
		const link = join(folder, 'cloudlink-agent');
		symlinkSync(resolve('dist/cli.cjs'), link);
		try {
			const printed = execFileSync(
				process.execPath,
				[
					...[link, 'simulate', '--devices', '200', '--policy', 'agent'],
					...['--sweep', 'accept-rate=5,10,20', '--json'],
				],
				{ encoding: 'utf8' },
			);
			const expected = [5, 10, 20].map((acceptRate) => ({
				sweep: { 'accept-rate': String(acceptRate) },
				...simulateHerd({
					...HERD_DEFAULTS,
					devices: 200,
					acceptRate,
					policy: policyNamed('agent'),
					stockPolicy: policyNamed('balena-tcp-reset'),
				}).result,
			}));
			expect(JSON.parse(printed)).to.deep.equal(expected);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});
