import { expect } from 'chai';

import { CloudlinkError } from '../../../../src/errors.js';
import {
	checkScenario,
	parseScenario,
	SCENARIOS,
	scenarioNamed,
} from '../../../../src/simulator/index.js';

const good = {
	name: 'mine',
	title: 'a test',
	devices: 100,
	nodes: { count: 2, acceptRatePerSecond: 10 },
	deploys: [{ atHours: 0, nodesReplaced: 1 }],
	compare: [{ policy: 'agent' }],
};

function messageFor(run: () => unknown): string {
	try {
		run();
	} catch (error) {
		expect(error).to.be.instanceOf(CloudlinkError);
		expect(error).to.have.property('code', 'ERR_CLOUDLINK_SCENARIO');
		return (error as Error).message;
	}
	throw new Error('accepted');
}

describe('a scenario', () => {
	it('has defaults for what may be left out', () => {
		const scenario = checkScenario(good);
		expect(scenario.nodes).to.include({
			rejectCost: 0.1,
			rejectDebtSeconds: 10,
		});
		expect(scenario.deploys[0]).to.include({
			cutOverSeconds: 0,
			downSeconds: 0,
		});
		expect(scenario.compare[0]!.hints).to.equal('none');
	});

	it('names the nearest key for one that is wrong, at any depth', () => {
		const { nodes, ...rest } = good;
		expect(
			messageFor(() =>
				checkScenario({ ...rest, nodes: { ...nodes, aceptRatePerSecond: 5 } }),
			),
		).to.contain(
			'`nodes.aceptRatePerSecond`; did you mean `acceptRatePerSecond`?',
		);
		expect(
			messageFor(() =>
				checkScenario({
					...good,
					deploys: [{ atHours: 0, nodesReplaced: 1, cutOverSecond: 3 }],
				}),
			),
		).to.contain('did you mean `cutOverSeconds`?');
	});

	for (const [wrong, right] of [
		[
			{ nodes: { ...good.nodes, queue: { backlogSecond: 5 } } },
			'`nodes.queue.backlogSecond`; did you mean `backlogSeconds`?',
		],
		[
			{ compare: [{ policy: 'agent', windowError: 2 }] },
			'`compare.0.windowError`; did you mean `windowErrorFactor`?',
		],
		[
			{ compare: [{ policy: 'agent', hintLoss: 0.2 }] },
			'`compare.0.hintLoss`; did you mean `hintLossShare`?',
		],
		[
			{ deploys: [{ ...good.deploys[0], drainSecs: 9 }] },
			'`deploys.0.drainSecs`; did you mean `drainSeconds`?',
		],
		[
			{ deploys: [{ ...good.deploys[0], downAs: 'dead' }] },
			'`deploys.0.downAs` must be one of refused, reset, 503, silent, 401',
		],
		[
			{ compare: [{ policy: 'agent', hintLossShare: 20 }] },
			'`compare.0.hintLossShare` must be from 0 to 1',
		],
	] as const) {
		it(`says of ${JSON.stringify(wrong)} what would be right`, () => {
			expect(messageFor(() => checkScenario({ ...good, ...wrong }))).to.contain(
				right,
			);
		});
	}

	it('names the nearest policy', () => {
		expect(
			messageFor(() =>
				checkScenario({ ...good, compare: [{ policy: 'agnet' }] }),
			),
		).to.contain('did you mean `agent`?');
	});

	it('does not replace more nodes than there are', () => {
		const deploys = [{ atHours: 0, nodesReplaced: 3 }];
		expect(messageFor(() => checkScenario({ ...good, deploys }))).to.contain(
			'`deploys.0.nodesReplaced` must be at most `nodes.count`',
		);
	});

	it('has its deploys in the order of time', () => {
		const deploys = [
			{ atHours: 2, nodesReplaced: 1 },
			{ atHours: 1, nodesReplaced: 1 },
		];
		expect(messageFor(() => checkScenario({ ...good, deploys }))).to.contain(
			'`deploys.1.atHours` must be later',
		);
	});

	for (const [what, change] of [
		['no devices', { devices: 0 }],
		['no deploys', { deploys: [] }],
		['nothing to compare', { compare: [] }],
		['a rate of 0', { nodes: { count: 1, acceptRatePerSecond: 0 } }],
		['a time that is no number', { horizonHours: NaN }],
	] as const) {
		it(`is refused with ${what}`, () => {
			messageFor(() => checkScenario({ ...good, ...change }));
		});
	}

	it('is read from JSON, and says which file is none', () => {
		expect(parseScenario(JSON.stringify(good), 'a.json').name).to.equal('mine');
		expect(messageFor(() => parseScenario('{', 'a.json'))).to.contain(
			'a.json is not JSON',
		);
	});

	it('comes with the package in several, each of them right', () => {
		for (const { name } of SCENARIOS) {
			expect(scenarioNamed(name).known).to.not.be.empty;
			expect(scenarioNamed(name).assumed).to.not.be.empty;
		}
	});

	it('that is not known is answered with the nearest', () => {
		expect(messageFor(() => scenarioNamed('2024-11-18'))).to.contain(
			'did you mean `2024-11-19`?',
		);
	});
});
