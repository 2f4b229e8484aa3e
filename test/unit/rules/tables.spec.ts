import { expect } from 'chai';
import { readFileSync } from 'node:fs';

import { CHANNELS } from '../../../src/agent/channels.js';
import { ERROR_CODES } from '../../../src/errors.js';
import { OUTCOMES, type OutcomeCode } from '../../../src/outcome.js';
import type { Law } from '../../../src/pacing/types.js';
import { OUTCOME_KINDS, STATES } from '../../../src/telemetry/metrics/words.js';

/** A new law does not compile until it is here; then the tests below ask for its lines in docs/. */
const LAWS = Object.keys({
	spread: true,
	backoff: true,
	congestion: true,
	window: true,
	slot: true,
	slow: true,
	offline: true,
	budget: true,
	memory: true,
	local: true,
} satisfies Record<Law, true>);

const page = (name: string) =>
	readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

/** The rows of all tables of a page, as cells. */
function rows(text: string): string[][] {
	return text
		.split('\n')
		.filter((line) => line.startsWith('| `'))
		.map((line) =>
			line
				.split('|')
				.slice(1, -1)
				.map((cell) => cell.trim().replaceAll('`', '')),
		);
}

describe('the tables of the documentation', () => {
	it('list every error, and none that does not exist', () => {
		expect(rows(page('errors.md')).map(([code]) => code)).to.have.members(
			Object.keys(ERROR_CODES),
		);
	});

	it('list every event, and the channel that it is published on', () => {
		expect(rows(page('events.md')).map(([event]) => event)).to.have.members(
			Object.keys(CHANNELS),
		);
		const published = Object.values(CHANNELS).map(
			(name) => `:${name.split(':').at(-1)}`,
		);
		for (const name of published) {
			expect(page('metrics.md'), name).to.include(name);
		}
	});

	it('list every state, kind of outcome and law that a metric may carry', () => {
		const values = new Map(
			rows(page('metrics.md')).map(([label, text]) => [
				label,
				text!.split(';')[0]!.split(', '),
			]),
		);
		expect(values.get('state')).to.have.members(STATES);
		expect(values.get('outcome')).to.have.members(OUTCOME_KINDS);
		expect(values.get('law')).to.have.members(LAWS);
	});

	it('name every state on the page of events, every kind and every law on its own', () => {
		const missing = (name: string, words: readonly string[]) =>
			words.filter(
				(word) =>
					!new RegExp(`\`${word}\`|^\\| ${word} \\|`, 'm').test(page(name)),
			);
		expect(missing('events.md', STATES)).to.deep.equal([]);
		expect(missing('outcomes.md', OUTCOME_KINDS)).to.deep.equal([]);
		expect(missing('pacing.md', LAWS)).to.deep.equal([]);
	});

	it('list every outcome with its kind and whether it points at the path', () => {
		const listed = rows(page('outcomes.md')).filter(
			([code]) => code !== undefined && code in OUTCOMES,
		);
		expect(listed.map(([code]) => code)).to.have.members(Object.keys(OUTCOMES));
		for (const [code, kind, path] of listed) {
			const rule = OUTCOMES[code as OutcomeCode];
			expect(kind, code).to.equal(rule.kind);
			expect(path, code).to.equal(rule.path ? 'yes' : '');
		}
	});
});
