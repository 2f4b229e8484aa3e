import { expect } from 'chai';

import {
	CLUSTER_SCENARIOS,
	runCluster,
	type ClusterResult,
	type ClusterScenario,
} from '../../../../src/simulator/index.js';
import { namesOf } from '../../../../src/transports/shipped.js';

function named(name: string): ClusterScenario {
	return CLUSTER_SCENARIOS.find((scenario) => scenario.name === name)!;
}

const TCP = ['websocket'];
const BOTH = namesOf('native');
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

	// The shuffled balancer, which takes long, is held to half of it above.
	for (const [name, devices] of [
		['node-dies', DEVICES],
		['node-added', DEVICES],
		['rolling-deploy', 1000],
	] as const) {
		it(`is not worse off with UDP as a fallback than over TCP alone: ${name}`, () => {
			for (const hints of ['window', 'none'] as const) {
				const [tcp, both] = [TCP, BOTH].map((transports) =>
					runCluster(named(name), { hints, transports }, 1, devices),
				);
				const attempts = ({ attemptsPerCut, cut }: ClusterResult) =>
					(attemptsPerCut ?? 0) * cut;
				// Some air for the draw, which is another one.
				expect(both!.cut, hints).to.be.at.most(1.02 * tcp!.cut + devices / 500);
				expect(attempts(both!), hints).to.be.at.most(
					1.02 * attempts(tcp!) + devices / 500,
				);
				expect(both!.meanAwaySeconds, hints).to.be.at.most(
					1.05 * tcp!.meanAwaySeconds + 0.1,
				);
			}
		});
	}

	it('comes out the same for the same seed', () => {
		const run = () => runCluster(named('node-dies'), window!, 5, 500);
		expect(run()).to.deep.equal(run());
	});
});
