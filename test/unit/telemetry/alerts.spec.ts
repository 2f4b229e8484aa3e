import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Alert {
	readonly alert?: string;
	readonly labels?: { readonly severity: string };
}

describe('the alerts of docs/metrics.md', () => {
	it('are those of examples/observability, with their severities', () => {
		const { groups } = parse(
			readFileSync('examples/observability/rules.yml', 'utf8'),
		) as { groups: Array<{ rules: Alert[] }> };
		const inRules = groups
			.flatMap(({ rules }) => rules)
			.filter(({ alert }) => alert !== undefined)
			.map(({ alert, labels }) => `${alert} ${labels!.severity}`);
		const page = readFileSync('docs/metrics.md', 'utf8');
		const inPage = [...page.matchAll(/^\| `(Cloudlink\w+)` \| (\w+) \|/gm)].map(
			([, alert, severity]) => `${alert} ${severity}`,
		);
		expect(inRules).to.have.length.above(5);
		expect(inPage.sort()).to.deep.equal(inRules.sort());
	});
});
