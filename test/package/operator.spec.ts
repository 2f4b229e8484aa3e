import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import { installPacked, type Packed } from './packed.js';

/** Prints the modules that loading the operator's part brought, and whether it works. */
const USE = `
const gate = new all.LoginGate({ perSecond: 1 });
gate.admit('a');
console.log(JSON.stringify({
	files: Object.keys(require.cache ?? {}).map((file) => file.replace(/\\\\/g, '/').replace(/^.*node_modules\\//, '')),
	answer: all.httpAnswer(gate.admit('b')),
}));`;

describe('cloudlink-agent/operator', function () {
	this.timeout(120_000);

	let packed: Packed;

	before(() => {
		packed = installPacked();
	});

	after(() => {
		packed.remove();
	});

	it('loads nothing of the agent and no other package, required or imported', () => {
		const required = JSON.parse(
			packed.script(
				'required-operator.cjs',
				`const all = require('cloudlink-agent/operator');${USE}`,
			),
		) as { files: string[]; answer: { status: number } };
		expect(
			required.files.filter((file) => !file.endsWith('required-operator.cjs')),
		).to.deep.equal(['cloudlink-agent/dist/operator.cjs']);
		expect(required.answer).to.deep.equal({
			status: 429,
			headers: { 'Retry-After': '1' },
		});
		const imported = packed.script(
			'imported-operator.mjs',
			`import * as all from 'cloudlink-agent/operator';
			import { createRequire } from 'node:module';
			const require = createRequire(import.meta.url);${USE}`,
		);
		expect(
			(JSON.parse(imported) as { files: string[] }).files.filter((file) =>
				file.startsWith('cloudlink-agent/'),
			),
		).to.have.members([
			'cloudlink-agent/dist/operator-names.cjs',
			'cloudlink-agent/dist/operator.cjs',
		]);
	});

	it('asks for nothing at all: neither a package nor a module of Node', () => {
		for (const file of ['dist/operator.cjs', 'dist/webpack/operator.cjs']) {
			expect(readFileSync(file, 'utf8'), file).not.to.match(
				/\brequire\(|\bimport\(|\bimport /,
			);
		}
	});
});
