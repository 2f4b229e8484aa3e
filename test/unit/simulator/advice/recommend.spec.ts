import { expect } from 'chai';

import {
	checkScenario,
	HERD_DEFAULTS,
	herdAsScenario,
	policyNamed,
	recommend,
	simulateHerd,
	type HerdSetup,
	type ScenarioInput,
} from '../../../../src/simulator/index.js';
import { answers } from '../../../../src/simulator/report/answers.js';

const fleet: ScenarioInput = {
	name: 'mine',
	title: 'a test',
	devices: 600,
	nodes: { count: 2, acceptRatePerSecond: 5 },
	deploys: [{ atHours: 0, nodesReplaced: 1 }],
	compare: [{ policy: 'agent' }],
	horizonHours: 4,
};

describe('what is recommended', () => {
	const advice = recommend(checkScenario(fleet), 1);

	it('is better than what there is, in the run that shows it', () => {
		const { today, agent, cut, drained, boundSeconds } = advice;
		expect(boundSeconds).to.equal(60);
		expect(cut.measured.settledSeconds).to.be.within(55, 85);
		expect(agent.measured.settledSeconds).to.be.above(
			cut.measured.settledSeconds!,
		);
		expect(today.measured.settledSeconds ?? Infinity).to.be.above(
			agent.measured.settledSeconds!,
		);
		expect(cut.measured.refused).to.be.below(agent.measured.refused / 10);
		expect(drained.measured.longestAwaySeconds).to.be.below(2);
	});

	it('is a window of about what the devices of a node need, and a drain that leaves nobody alone', () => {
		expect(advice.window.best.value).to.be.within(60, 90);
		expect(advice.limitPerSecond).to.equal(5);
		expect(advice.drain.best.measured.meanAwaySeconds).to.be.below(1);
		expect(advice.drain.best.value).to.be.within(60, 180);
	});

	it('says at the door what was tried and brought the fleet back soonest with the fewest refusals', () => {
		const { trials, best } = advice.door!;
		const quickest = Math.min(
			...trials.map(({ measured }) => measured.settledSeconds!),
		);
		const near = trials.filter(
			({ measured }) => measured.settledSeconds! <= 1.25 * quickest,
		);
		expect(near).to.include(best);
		expect(best.measured.refused).to.equal(
			Math.min(...near.map(({ measured }) => measured.refused)),
		);
		expect(best.value.refusal).not.to.equal('reset');
	});

	it('is not fooled by a rate that holds on good days only', () => {
		const slow = recommend(
			checkScenario({
				...fleet,
				nodes: { count: 2, acceptRatePerSecond: 50 },
				authentication: {
					workersPerNode: 4,
					seconds: 0.1,
					slow: [{ fromHours: 0, toHours: 3, seconds: 1 }],
				},
			}),
			1,
		);
		// 300 devices on a node: 7.5 s at its usual speed, 75 s while it is slow.
		expect(slow.window.best.value).to.be.at.least(75);
		expect(slow.door).to.equal(undefined);
	});

	it('compares a limit with the queue where nodes queue', () => {
		const queued = recommend(
			checkScenario({ ...fleet, nodes: { ...fleet.nodes, queue: {} } }),
			1,
		);
		expect(queued.limiter!.trials.map(({ value }) => value)).to.deep.equal([
			'queue',
			'limit',
		]);
		expect(queued.door).to.equal(undefined);
	});

	it('is found for a herd by the same means, which give the same figures', () => {
		const setup: HerdSetup = {
			...HERD_DEFAULTS,
			devices: 500,
			acceptRate: 10,
			outageSeconds: 30,
			policy: policyNamed('agent'),
			stockPolicy: policyNamed('balena-tcp-reset'),
		};
		const { result } = simulateHerd(setup);
		const { agent } = recommend(herdAsScenario(setup), setup.seed);
		expect(agent.measured.settledSeconds).to.be.closeTo(
			result.t100Seconds! + setup.outageSeconds,
			1e-3,
		);
		expect(agent.measured.attempts / 500).to.be.closeTo(
			result.attemptsPerDevice,
			1e-3,
		);
	});

	it('counts on no more devices that hear it than hear what is told today', () => {
		const deaf = recommend(
			checkScenario({
				...fleet,
				compare: [{ policy: 'agent', hints: 'window', hintLossShare: 0.5 }],
			}),
			1,
		);
		expect(deaf.cut.run.result.hintLossShare).to.equal(0.5);
		expect(deaf.cut.measured.refused).to.be.above(
			3 * advice.cut.measured.refused,
		);
		// Who hears no drain is cut at its end, however long it was.
		expect(deaf.drain.best.value).to.be.at.most(advice.drain.best.value);
	});

	it('says what a limit in front of nodes that queue does to stock devices', () => {
		const queueing = recommend(
			checkScenario({
				...fleet,
				nodes: {
					count: 2,
					acceptRatePerSecond: 2,
					queue: { backlogSeconds: 10 },
				},
			}),
			1,
		);
		const { best, stock } = queueing.limiter!;
		expect(best.value).to.equal('limit');
		expect(stock.limit.settledSeconds ?? Infinity).to.be.above(
			stock.queue.settledSeconds!,
		);
		const page = answers(queueing);
		expect(page).to.match(
			/Stock devices hear none of this, nor a drain: behind the limit, not all are back/,
		);
		expect(page).to.include('Set the limit when hardly any of them are left.');
		// A limit that refuses has something to say.
		expect(page).to.include('At the door: 429 with a slot');
		expect(page).not.to.include('refuse nobody');
	});
});
