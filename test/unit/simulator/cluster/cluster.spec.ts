import { expect } from 'chai';

import {
	CLUSTER_SCENARIOS,
	runCluster,
	type ClusterScenario,
} from '../../../../src/simulator/index.js';

function named(name: string): ClusterScenario {
	return CLUSTER_SCENARIOS.find((scenario) => scenario.name === name)!;
}

const [window] = named('node-dies').variants;
const DEVICES = 4000;

describe('a fleet on several nodes', function () {
	this.timeout(60_000);

	it('goes evenly to the nine others when one of ten dies, and nobody else moves', () => {
		const result = runCluster(named('node-dies'), window!, 1, DEVICES);
		expect(result.cut).to.be.within(350, 450);
		expect(result.movedOverLeast).to.equal(1);
		expect(result.spread).to.be.lessThan(1.15);
		expect(result.attemptsPerCut).to.be.within(2, 2.1);
		expect(result.longestAwaySeconds).to.be.lessThan(450);
	});

	it('leaves every draining node before it goes: no link is cut in a rolling deploy', () => {
		const result = runCluster(named('rolling-deploy'), window!, 1, DEVICES);
		expect(result.cut).to.equal(0);
		expect(result.movesPerDevice).to.be.within(1, 2.2);
	});

	it('loses fewer links to a shuffled balancer where it may use UDP', () => {
		const { variants } = named('balancer-shuffled');
		const [tcp, both] = variants.map((variant) =>
			runCluster(named('balancer-shuffled'), variant, 1, 500),
		);
		expect(both!.cut).to.be.lessThan(tcp!.cut / 2);
		expect(both!.meanAwaySeconds).to.be.lessThan(tcp!.meanAwaySeconds / 2);
	});

	it('comes out the same for the same seed', () => {
		const run = () => runCluster(named('node-dies'), window!, 5, 500);
		expect(run()).to.deep.equal(run());
	});
});
