import { expect } from 'chai';

import { bestRows, textTable } from '../../../../src/simulator/report/table.js';

interface Row {
	readonly name: string;
	readonly t: number | null;
}

const columns = [
	{ title: 'policy', text: ({ name }: Row) => name },
	{
		title: 't100',
		text: ({ t }: Row) => (t === null ? 'never' : t.toFixed(2)),
		value: ({ t }: Row) => t,
	},
];

describe('textTable', () => {
	it('aligns its columns and marks the best', () => {
		const rows = [
			{ name: 'agent', t: 1.03 },
			{ name: 'a-longer-name', t: null },
			{ name: 'other', t: 10.5 },
		];
		expect(textTable(columns, rows)).to.equal(
			[
				'policy          t100',
				'-------------  ------',
				'agent           1.03*',
				'a-longer-name  never',
				'other          10.50',
			].join('\n'),
		);
	});

	it('marks all that tie, and nobody when nobody has a value or there is only one', () => {
		const tie = [
			{ name: 'a', t: 1 },
			{ name: 'b', t: 1 },
		];
		expect(bestRows(tie, ({ t }) => t).size).to.equal(2);
		const none = [
			{ name: 'a', t: null },
			{ name: 'b', t: null },
		];
		expect(bestRows(none, ({ t }) => t).size).to.equal(0);
		expect(textTable(columns, [{ name: 'a', t: 1 }])).to.not.contain('*');
	});
});
