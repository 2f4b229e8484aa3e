import { expect } from 'chai';

import {
	chooseNode,
	createNodes,
	isResolutionDue,
	parseNodes,
	reportNode,
	withAddresses,
	withNodes,
	type FoundNode,
	type NodesState,
} from '../../../src/nodes/index.js';
import { refused } from './fleet.js';

const create = (...texts: string[]) =>
	createNodes({ uuid: 'device', nodes: parseNodes(texts) });
const choose = (state: NodesState) =>
	chooseNode(state, { nowMs: 0, random: () => 0 }).node;
const found = (name: string, ...addresses: string[]): FoundNode => ({
	name,
	port: 443,
	addresses,
});

describe('what was found behind the configured names', () => {
	it('is dialled by its addresses and verified by its name', () => {
		const name = 'a.example:443';
		const state = withAddresses(
			create('a.example'),
			{ [name]: [found(name, '192.0.2.1')] },
			0,
		);
		expect(choose(state)).to.deep.include({
			name,
			host: 'a.example',
			port: 443,
			addresses: ['192.0.2.1'],
		});
	});

	it('is replaced by what is found later, and kept when nothing is', () => {
		const name = 'a.example:443';
		let state = create('a.example');
		state = withAddresses(state, { [name]: [found(name, '192.0.2.1')] }, 0);
		state = withAddresses(state, {}, 1000);
		expect(choose(state)!.addresses).to.deep.equal(['192.0.2.1']);
		state = withAddresses(state, { [name]: [] }, 2000);
		expect(choose(state)!.addresses).to.deep.equal(['192.0.2.1']);
		state = withAddresses(state, { [name]: [found(name, '192.0.2.2')] }, 3000);
		expect(choose(state)!.addresses).to.deep.equal(['192.0.2.2']);
	});

	it('says nothing about names that are not configured', () => {
		const before = create('a.example');
		const after = withAddresses(
			before,
			{ 'b.example:443': [found('b.example:443', '192.0.2.1')] },
			0,
		);
		expect(after.nodes.map(({ entry }) => entry.name)).to.deep.equal([
			'a.example:443',
		]);
	});

	it('is asked for at the start, and then at most every five seconds', () => {
		const before = create('a.example');
		expect(isResolutionDue(before, 0)).to.equal(true);
		const after = withAddresses(before, {}, 1000);
		expect(isResolutionDue(after, 5_999)).to.equal(false);
		expect(isResolutionDue(after, 6_000)).to.equal(true);
	});

	describe('with SRV records', () => {
		const srv = '_cloudlink._tcp.example.com';
		const listed: FoundNode[] = [
			{ ...found('one.example.com:8443', '192.0.2.1'), port: 8443 },
			found('two.example.com:443', '192.0.2.2'),
		];

		it('never dials the name itself, and has nothing to dial before it was resolved', () => {
			expect(choose(create(srv))).to.equal(undefined);
			expect(choose(create(srv, 'a.example'))!.name).to.equal('a.example:443');
		});

		it('dials what is listed, and verifies the name that was configured, for DNS can be forged', () => {
			const state = withAddresses(create(srv), { [srv]: listed }, 0);
			expect(state.nodes.map(({ entry }) => entry.name)).to.deep.equal([
				'one.example.com:8443',
				'two.example.com:443',
			]);
			for (const { entry } of state.nodes) {
				expect(entry.host).to.equal('example.com');
				expect(entry.srv).to.equal(undefined);
			}
		});

		it('uses a node of a higher priority number only when the lower ones have failed', () => {
			const [one, two] = listed as [FoundNode, FoundNode];
			for (const uuid of ['a', 'b', 'c', 'd', 'e', 'f']) {
				const start = createNodes({ uuid, nodes: parseNodes([srv]) });
				const ranked = [
					{ ...one, priority: 20 },
					{ ...two, priority: 10 },
				];
				const state = withAddresses(start, { [srv]: ranked }, 0);
				expect(choose(state)!.name).to.equal(two.name);
				const failed = reportNode(
					state,
					two.name,
					{ type: 'ended', outcome: refused },
					0,
				);
				expect(choose(failed)!.name).to.equal(one.name);
			}
		});

		it('gives each node the share that its weight asks for', () => {
			const [one, two] = listed as [FoundNode, FoundNode];
			const nodes = parseNodes([srv]);
			let chosen = 0;
			for (let i = 0; i < 2000; i++) {
				const start = createNodes({ uuid: `device-${i}`, nodes });
				const weighed = [
					{ ...one, weight: 30 },
					{ ...two, weight: 10 },
				];
				const state = withAddresses(start, { [srv]: weighed }, 0);
				chosen += choose(state)!.name === one.name ? 1 : 0;
			}
			expect(chosen / 2000).to.be.closeTo(0.75, 0.03);
		});

		it('forgets what was held against nodes that are no longer listed', () => {
			const state = withAddresses(create(srv), { [srv]: listed }, 0);
			const gone = listed[0]!.name;
			const stable = reportNode(state, gone, { type: 'stable' }, 0);
			const later = withAddresses(stable, { [srv]: listed.slice(1) }, 1);
			expect(later.records).to.deep.equal({});
			expect(later.lastGood).to.equal(undefined);
		});
	});

	it('survives a change of the configured list, as does what is known about the nodes that remain', () => {
		const [a, b] = ['a.example:443', 'b.example:443'];
		let state = create('a.example', 'b.example');
		state = withAddresses(state, { [a]: [found(a, '192.0.2.1')] }, 0);
		state = reportNode(state, a, { type: 'ended', outcome: refused }, 0);
		state = reportNode(state, b, { type: 'stable' }, 0);
		const next = withNodes(
			state,
			parseNodes(['a.example', 'c.example']),
			1_000,
		);
		expect(next.nodes.map(({ entry }) => entry.name)).to.deep.equal([
			a,
			'c.example:443',
		]);
		expect(next.nodes[0]!.entry.addresses).to.deep.equal(['192.0.2.1']);
		expect(Object.keys(next.records)).to.deep.equal([a, 'c.example:443']);
		expect(next.records['c.example:443']).to.deep.equal({ newAtMs: 1_000 });
		expect(next.lastGood).to.equal(undefined);
		expect(isResolutionDue(next, 1)).to.equal(true);
		expect(choose(next)!.name).to.equal('c.example:443');
	});
});
