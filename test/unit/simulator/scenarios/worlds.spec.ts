import { expect } from 'chai';

import {
	checkScenario,
	runScenario,
	type ScenarioInput,
} from '../../../../src/simulator/index.js';

type Line = ScenarioInput['compare'][number];
type Deploy = Partial<ScenarioInput['deploys'][number]>;
type Nodes = Partial<ScenarioInput['nodes']>;

/** 400 devices on two nodes, of which one is replaced: 200 come back at 10 a second, so T is 20 s. */
function after(line: Partial<Line>, deploy: Deploy = {}, nodes: Nodes = {}) {
	const scenario = checkScenario({
		name: 'world',
		title: 'a test',
		devices: 400,
		nodes: { count: 2, acceptRatePerSecond: 10, ...nodes },
		deploys: [{ atHours: 0, nodesReplaced: 1, ...deploy }],
		compare: [{ policy: 'agent', ...line }],
		horizonHours: 3,
	});
	return runScenario(scenario, scenario.compare[0]!, 1).result;
}

describe('the worlds of a scenario', () => {
	it('have a window that was wrong', () => {
		const right = after({ hints: 'window' }).deploys[0]!;
		const long = after({ hints: 'window', windowErrorFactor: 3 }).deploys[0]!;
		const short = after({ hints: 'window', windowErrorFactor: 0.3 })
			.deploys[0]!;
		expect(right.settledAfterSeconds).to.be.within(18, 25);
		expect(long.settledAfterSeconds).to.be.within(54, 66);
		expect(short.refused).to.be.above(5 * right.refused + 50);
	});

	it('have hints that are lost', () => {
		const deaf = after({ hints: 'window', hintLossShare: 1 });
		const none = after({});
		expect(deaf.hintLossShare).to.equal(1);
		expect(deaf.deploys).to.deep.equal(none.deploys);
		const some = after({ hints: 'window', hintLossShare: 0.5 }).deploys[0]!;
		expect(some.refused).to.be.within(1, none.deploys[0]!.refused);
	});

	it('have nodes that queue, where whoever waits is let in', () => {
		const queued = after({}, {}, { queue: { backlogSeconds: 600 } });
		const limited = after({}).deploys[0]!;
		expect(queued.deploys[0]!.refused).to.be.below(limited.refused);
		expect(queued.deploys[0]!.settledAfterSeconds).to.be.within(19, 40);
	});

	it('have a backlog that is full, and resets or does not answer', () => {
		const full = { queue: { backlogSeconds: 2 } };
		const reset = after({}, {}, full).deploys[0]!;
		const silent = after(
			{},
			{},
			{ queue: { ...full.queue, backlogFull: 'silent' } },
		).deploys[0]!;
		for (const { settledAfterSeconds, refused } of [reset, silent]) {
			expect(settledAfterSeconds).to.be.within(19, 240);
			expect(refused).to.be.above(0);
		}
		expect(silent.attempts).to.not.equal(reset.attempts);
	});

	it('have outages that look otherwise than refused', () => {
		const down = { downSeconds: 60 };
		const refused = after({}, down).deploys[0]!;
		const mute = after({}, { ...down, downAs: 'silent' }).deploys[0]!;
		expect(refused.settledAfterSeconds).to.be.above(60);
		expect(mute.attempts).to.be.below(refused.attempts);
	});

	it('have a drain that the agent heeds, and stock devices do not', () => {
		const drain = { drainSeconds: 40 };
		const agent = after({ hints: 'window' }, drain);
		expect(agent.deploys[0]).to.include({ longestAwaySeconds: 0, cut: 200 });
		expect(agent.deviceHoursAway).to.equal(0);
		const stock = after({ policy: 'balena-tcp-reset' }, drain).deploys[0]!;
		expect(stock.longestAwaySeconds ?? Infinity).to.be.above(20);
		// Counted from the deploy: the links are cut when the drain is over.
		expect(stock.settledAfterSeconds ?? Infinity).to.be.above(60);
	});

	it('can tell a window and say something else at the door', () => {
		const both = after({
			hints: 'window',
			windowErrorFactor: 0.3,
			refusal: 'slots',
		});
		expect(both).to.include({ hints: 'window', refusal: 'slots' });
		const window = after({ hints: 'window', windowErrorFactor: 0.3 });
		expect(both.deploys[0]!.refused).to.be.below(window.deploys[0]!.refused);
	});
});
