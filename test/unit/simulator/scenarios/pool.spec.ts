import { expect } from 'chai';

import {
	ACCEPTED,
	RESET,
	type Door,
} from '../../../../src/simulator/engine/door.js';
import { NodePool } from '../../../../src/simulator/scenarios/pool.js';

/** Doors that note who came, and reset all who come to a closed one. */
function pool(nodes: number, devices: number) {
	const visits: number[][] = [];
	const closed = new Set<number>();
	const made = new NodePool(nodes, devices, () => {
		const index = visits.push([]) - 1;
		const door: Door = {
			attempt(device) {
				visits[index]!.push(device);
				return closed.has(index) ? RESET : ACCEPTED;
			},
		};
		return door;
	});
	return { pool: made, visits, closed };
}
import { DEFAULT_PATIENCE } from '../../../../src/simulator/engine/policy.js';

describe('NodePool', () => {
	it('sends each attempt to the node with the fewest links', () => {
		const { pool: nodes, visits } = pool(3, 9);
		for (let device = 0; device < 9; device++) {
			nodes.attempt(device, 0, DEFAULT_PATIENCE);
		}
		expect(visits).to.deep.equal([
			[0, 3, 6],
			[1, 4, 7],
			[2, 5, 8],
		]);
	});

	it('sends everybody to a node that rejects, since it gains no link', () => {
		const { pool: nodes, visits, closed } = pool(2, 5);
		closed.add(0);
		for (let device = 0; device < 5; device++) {
			nodes.attempt(device, 0, DEFAULT_PATIENCE);
		}
		expect(visits[0]).to.deep.equal([0, 1, 2, 3, 4]);
	});

	it('replaces the oldest nodes in turn, and says whose links went with them', () => {
		const { pool: nodes, visits } = pool(3, 6);
		for (let device = 0; device < 6; device++) {
			nodes.settle(device);
		}
		expect(nodes.replace(2, 0)).to.deep.equal([0, 1, 3, 4]);
		for (const device of [0, 1, 3, 4]) {
			nodes.attempt(device, 0, DEFAULT_PATIENCE);
		}
		expect(visits.slice(3)).to.deep.equal([
			[0, 3],
			[1, 4],
		]);
		expect(nodes.replace(1, 0)).to.deep.equal([2, 5]);
	});
});
