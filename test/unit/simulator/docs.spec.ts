import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import {
	CLUSTER_SCENARIOS,
	parseScenario,
	POLICIES,
	SCENARIOS,
} from '../../../src/simulator/index.js';

const page = readFileSync(
	new URL('../../../docs/simulation.md', import.meta.url),
	'utf8',
);

describe('docs/simulation.md', () => {
	it('has every policy, as the code describes it, with its source', () => {
		for (const { name, summary, source } of POLICIES) {
			expect(page).to.contain(`| \`${name}\` | ${summary} | ${source} |`);
		}
	});

	it('names every scenario', () => {
		for (const { name } of [...SCENARIOS, ...CLUSTER_SCENARIOS]) {
			expect(page).to.match(new RegExp(`(### |\\| \`)${name}`));
		}
	});

	it('explains every key of a scenario', () => {
		const source = readFileSync(
			new URL('../../../src/simulator/scenarios/schema.ts', import.meta.url),
			'utf8',
		);
		const input = /interface ScenarioInput \{([^]*?)^\}/m.exec(source)![1]!;
		const keys = [...input.matchAll(/readonly (\w+)\??:/g)].map(
			([, key]) => key!,
		);
		expect(keys.length).to.be.above(25);
		for (const key of keys) {
			expect(page).to.match(new RegExp(`\\| .*\`[\\w.\\[\\]]*${key}[\`.\\[]`));
		}
	});

	it('shows a scenario file that can be used', () => {
		const example = /```json\n([\s\S]*?)```/.exec(page)![1]!;
		expect(parseScenario(example, 'the example').devices).to.equal(3000);
	});
});
