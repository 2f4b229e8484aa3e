import { expect } from 'chai';

import {
	chooseNode,
	createNodes,
	parseNodes,
	rememberNodes,
	reportNode,
	withAddresses,
	type SavedNodes,
	type NodesState,
} from '../../../src/nodes/index.js';
import { MAX_REMEMBERED_ADDRESSES } from '../../../src/nodes/found.js';
import { outcome } from '../../../src/outcome.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { drained, lost, names, refused, replay, seed } from './fleet.js';

const nodes = parseNodes(names(4));
const fresh = () => createNodes({ uuid: 'device', nodes });
const choose = (state: NodesState, nowMs: number) =>
	chooseNode(state, { nowMs, random: () => 0 }).node?.name;
const throughJson = (memory: SavedNodes) =>
	JSON.parse(JSON.stringify(memory)) as SavedNodes;

describe('the memory of the choice of node', () => {
	it('resumes to the same choices, whenever it was taken', () => {
		const random = seededRandom(`memory/${seed}`);
		for (let round = 0; round < 200; round++) {
			let state = fresh();
			let nowMs = 0;
			for (let step = 0; step < 10; step++) {
				nowMs += random() * 200_000;
				const name = names(4)[Math.floor(random() * 4)]!;
				const roll = random();
				const how =
					roll < 0.5
						? refused
						: roll < 0.6
							? drained
							: outcome('http-429', 'Later.', {
									hint: { retryAfterMs: 60_000 },
								});
				state =
					roll > 0.8
						? reportNode(state, name, { type: 'stable' }, nowMs)
						: reportNode(state, name, { type: 'ended', outcome: how }, nowMs);
			}
			// The next process counts its time from its own start.
			const offsetMs = random() * 1e6;
			const memory = throughJson(rememberNodes(state, nowMs));
			const resumed = createNodes(
				{ uuid: 'device', nodes },
				memory,
				nowMs - offsetMs,
			);
			for (const laterMs of [0, 1000, 60_000, 130_000, 299_000, 1e6]) {
				expect(
					choose(resumed, nowMs - offsetMs + laterMs),
					`round ${round}, ${laterMs} ms later; ${replay}`,
				).to.equal(choose(state, nowMs + laterMs));
			}
		}
	});

	it('goes on where it was after a restart, and begins anew after an hour', () => {
		const first = choose(fresh(), 0)!;
		const state = reportNode(
			fresh(),
			first,
			{ type: 'ended', outcome: refused },
			0,
		);
		const memory = throughJson(rememberNodes(state, 0));
		const after = (offMs: number) =>
			choose(createNodes({ uuid: 'device', nodes }, memory, -offMs), 0);
		expect(after(0)).not.to.equal(first);
		expect(after(3_599_000)).not.to.equal(first);
		expect(after(3_601_000)).to.equal(first);
	});

	it('lets penalties decay while the device was off', () => {
		const first = choose(fresh(), 0)!;
		const refusedThere = reportNode(
			fresh(),
			first,
			{ type: 'ended', outcome: refused },
			0,
		);
		const other = choose(refusedThere, 0)!;
		const state = reportNode(refusedThere, other, { type: 'stable' }, 0);
		const memory = { ...rememberNodes(state, 0), lastGood: undefined };
		const after = (offMs: number) =>
			choose(createNodes({ uuid: 'device', nodes }, memory, -offMs), 0);
		expect(after(119_000)).not.to.equal(first);
		expect(after(121_000)).to.equal(first);
	});

	it('counts the end of the last link, not its start, as the time of the last good node', () => {
		const first = choose(fresh(), 0)!;
		const other = names(4).find((name) => name !== first)!;
		const up = reportNode(fresh(), other, { type: 'stable' }, 0);
		const dayMs = 86_400_000;
		const state = reportNode(
			up,
			other,
			{ type: 'ended', outcome: lost },
			dayMs,
		);
		const memory = rememberNodes(state, dayMs);
		const resumed = createNodes({ uuid: 'device', nodes }, memory, -10_000);
		expect(choose(resumed, 0)).to.equal(other);
	});

	it('keeps the addresses that were found, and still asks anew', () => {
		const found = { name: names(4)[0]!, port: 443, addresses: ['192.0.2.1'] };
		const state = withAddresses(fresh(), { [found.name]: [found] }, 0);
		const memory = throughJson(rememberNodes(state, 0));
		const resumed = createNodes({ uuid: 'device', nodes }, memory);
		expect(resumed.nodes.map(({ entry }) => entry.addresses)).to.deep.equal([
			['192.0.2.1'],
			undefined,
			undefined,
			undefined,
		]);
		expect(resumed.resolvedAtMs).to.equal(undefined);
	});

	it('keeps no more addresses than are worth their place', () => {
		const addresses = Array.from({ length: 100 }, (_, i) => `192.0.2.${i}`);
		const found = Object.fromEntries(
			names(4).map((name) => [name, [{ name, port: 443, addresses }]]),
		);
		const memory = rememberNodes(withAddresses(fresh(), found, 0), 0);
		const kept = Object.values(memory.found ?? {}).flatMap((some) =>
			some.flatMap((node) => node.addresses),
		);
		expect(kept).to.have.length(MAX_REMEMBERED_ADDRESSES);
	});

	it('is small: ten nodes with all there is to remember take less than 4 KiB', () => {
		const many = parseNodes(names(10));
		let state = createNodes({ uuid: 'device', nodes: many });
		for (const { name } of many) {
			state = reportNode(
				state,
				name,
				{ type: 'ended', outcome: refused },
				1 / 3,
			);
		}
		const found = Object.fromEntries(
			many.map(({ name }) => [
				name,
				[
					{
						name,
						port: 443,
						addresses: ['2001:db8:1:2:3:4:5:6', '192.0.2.100'],
					},
				],
			]),
		);
		const text = JSON.stringify(
			rememberNodes(withAddresses(state, found, 0), 0),
		);
		expect(text.length).to.be.lessThan(4096);
	});

	it('forgets nodes that are no longer configured', () => {
		let state = fresh();
		for (const name of names(4)) {
			state = reportNode(state, name, { type: 'ended', outcome: refused }, 0);
			state = reportNode(state, name, { type: 'stable' }, 0);
			state = reportNode(state, name, { type: 'ended', outcome: refused }, 0);
		}
		const others = parseNodes(['other.example']);
		const memory = rememberNodes(state, 0);
		const resumed = createNodes({ uuid: 'device', nodes: others }, memory);
		expect(resumed.records).to.deep.equal({});
		expect(resumed.lastGood).to.equal(undefined);
		expect(choose(resumed, 0)).to.equal('other.example:443');
	});

	const damaged: Array<[what: string, memory: unknown]> = [
		['null', null],
		['a text', 'nodes'],
		['a list', []],
		['a negative age', { lastGood: { name: 'a', ageMs: -1 } }],
		[
			'an age that is no number',
			{ penalties: [{ name: 'a', value: 1, ageMs: '1' }] },
		],
		[
			'an address that is none',
			{ found: { a: [{ name: 'a', port: 1, addresses: ['x'] }] } },
		],
	];
	for (const [what, memory] of damaged) {
		it(`starts anew from a memory that is ${what} in the wrong place`, () => {
			const state = createNodes({ uuid: 'device', nodes }, memory);
			expect(choose(state, 0)).to.equal(choose(fresh(), 0));
			expect(state.records).to.deep.equal({});
		});
	}
});
