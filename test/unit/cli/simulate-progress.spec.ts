import { expect } from 'chai';

import { ProgressBar } from '../../../src/cli/simulate/progress.js';
import type { Clock } from '../../../src/runtime/index.js';

function terminal(isTTY: boolean) {
	const written: string[] = [];
	let nowMs = 0;
	const clock: Clock = {
		monotonicMs: () => nowMs,
		wallMs: () => 0,
		setTimer: () => ({ cancel: () => undefined }),
	};
	const bar = new ProgressBar(
		{ isTTY, write: (text) => written.push(text) },
		clock,
	);
	return {
		bar,
		written,
		at(ms: number) {
			nowMs = ms;
			return bar;
		},
	};
}

describe('ProgressBar', () => {
	it('says nothing in the first second', () => {
		const { at, written } = terminal(true);
		at(999).update(0.5, 'agent');
		at(999).clear();
		expect(written).to.deep.equal([]);
	});

	it('shows how far it is after that, and takes itself away', () => {
		const { at, written } = terminal(true);
		at(1000).update(0.5, 'agent');
		expect(written[0]).to.contain('################................');
		expect(written[0]).to.contain('50 %  agent');
		at(1050).update(0.6, 'agent');
		expect(written).to.have.length(1);
		at(1200).update(0.7, 'agent');
		expect(written).to.have.length(2);
		at(1300).clear();
		expect(written.at(-1)).to.equal('\r\u001b[K');
	});

	it('writes nothing where there is no terminal', () => {
		const { at, written } = terminal(false);
		at(5000).update(0.5, 'agent');
		at(5000).clear();
		expect(written).to.deep.equal([]);
	});
});
