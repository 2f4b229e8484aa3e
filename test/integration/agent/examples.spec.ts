import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { MockCloudlink } from '../../../src/testing/index.js';

describe('examples/embed.ts', () => {
	it('comes up, loses its link, comes up again, and ends on Ctrl-C', async () => {
		const mock = await MockCloudlink.start({ nodes: 1 });
		const child = spawn(
			process.execPath,
			['--import', 'tsx', 'examples/embed.ts'],
			{
				stdio: ['ignore', 'pipe', 'inherit'],
				env: { ...process.env, CLOUDLINK_NODE: mock.nodes[0]!.address },
			},
		);
		try {
			const lines = createInterface(child.stdout);
			const seen: string[] = [];
			for await (const line of lines) {
				seen.push(line.split(/[ :]/)[0]!);
				if (line.startsWith('Up') && seen.length === 1) {
					await mock.restart(0);
				} else if (line.startsWith('Up')) {
					break;
				}
			}
			expect(seen).to.deep.equal(['Up', 'Down', 'Next', 'Up']);
			child.kill('SIGINT');
			const [code] = (await once(child, 'exit')) as [number | null];
			expect(code).to.equal(0);
		} finally {
			child.kill('SIGKILL');
			await mock.stop();
		}
	}).timeout(40_000);
});
