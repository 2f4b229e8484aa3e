import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

import { assault, measureIdle } from '../../hostile/assault.js';
import { ATTACKS } from '../../hostile/attacks.js';
import {
	startServices,
	type CarrierName,
	type Services,
} from '../../hostile/hostile-node.js';
import { faultsOf } from '../../hostile/verdict.js';

/** Beside the sources, so that what they import is found. */
const BUNDLE = fileURLToPath(
	new URL('../../../node_modules/.cache/hostile/', import.meta.url),
);

/** The sources of the agent as one file: each device is a process of its own, and would compile them anew. */
const options = {
	module: pathToFileURL(join(BUNDLE, 'index.js')).href,
	longestMs: 15_000,
};

/** Most of the time is the wait until a device dials again. */
const AT_ONCE = 4;

const CASES = ATTACKS.flatMap((attack) =>
	(attack.daily ?? []).map((carrier) => ({ attack, carrier })),
);

/** What `npm run test:hostile` does with every attack and on every Node, here with the chief ones of each kind. */
describe('A device that a hostile node has in its hands', function () {
	this.timeout(120_000);
	let services: Services & { stop: () => void };
	const results = new Map<object, Promise<string[]>>();

	before(async function () {
		if (process.platform !== 'linux') {
			this.skip();
		}
		await build({
			entry: [fileURLToPath(new URL('../../../src/index.ts', import.meta.url))],
			outDir: BUNDLE,
			format: 'esm',
			target: 'node20',
			config: false,
			silent: true,
			clean: true,
		});
		services = await startServices();
		const idle = new Map<CarrierName, number>();
		await Promise.all(
			(['websocket', 'udp'] as const).map(async (carrier) => {
				idle.set(carrier, await measureIdle(carrier, services, options));
			}),
		);
		const queue = [...CASES];
		const done = new Map<object, (faults: string[]) => void>();
		for (const one of CASES) {
			results.set(
				one,
				new Promise((resolve) => {
					done.set(one, resolve);
				}),
			);
		}
		const work = async () => {
			for (let one = queue.shift(); one; one = queue.shift()) {
				const result = await assault(one.attack, one.carrier, services, {
					...options,
					idleBytes: idle.get(one.carrier),
				});
				const faults = faultsOf(one.attack, result);
				done.get(one)!(
					faults.length > 0 ? [...faults, JSON.stringify(result)] : [],
				);
			}
		};
		for (let worker = 0; worker < AT_ONCE; worker++) {
			void work();
		}
	});

	after(() => {
		services?.stop();
	});

	for (const one of CASES) {
		it(`ends or outlasts ${one.attack.name} (${one.carrier})`, async () => {
			expect(await results.get(one)).to.deep.equal([]);
		});
	}

	it('is attacked in forty ways at least', () => {
		expect(new Set(ATTACKS.map(({ name }) => name)).size).to.be.at.least(40);
		const script = (
			JSON.parse(
				readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
			) as { scripts: Record<string, string> }
		).scripts['test:hostile'];
		expect(script).to.include('test/hostile/run.ts');
	});
});
