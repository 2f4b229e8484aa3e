import { expect } from 'chai';

import {
	createNodes,
	nodeFailbackDue,
	parseNodes,
	reportNode,
	type NodesState,
} from '../../../src/nodes/index.js';
import { preferredNode } from '../../../src/nodes/failback.js';
import { outcome } from '../../../src/outcome.js';
import { drained, names, refused, uuids } from './fleet.js';

const MINUTE = 60_000;
const entries = parseNodes(names(4));

/** A device with a stable link on the second best of two nodes, and the names of both. */
function away(uuid = 'device') {
	const fresh = createNodes({ uuid, nodes: entries });
	const preferred = preferredNode(fresh)!.entry.name;
	const other = names(4).find((name) => name !== preferred)!;
	const up = reportNode(fresh, other, { type: 'up' }, 0);
	return {
		state: reportNode(up, other, { type: 'stable' }, 0),
		preferred,
		other,
	};
}

const dueMinutes = (state: NodesState, at: string) =>
	nodeFailbackDue(state, at)!.at / MINUTE;

describe('failback to the preferred node', () => {
	it('is not due there, nor on a link that has not proved stable', () => {
		const { state, preferred, other } = away();
		expect(nodeFailbackDue(state, preferred)).to.equal(undefined);
		const fresh = createNodes({ uuid: 'device', nodes: entries });
		expect(nodeFailbackDue(fresh, other)).to.equal(undefined);
		expect(
			nodeFailbackDue(createNodes({ uuid: 'device', nodes: [] }), ''),
		).to.equal(undefined);
	});

	it("is due after a quarter of an hour, give or take a half, at a moment of the device's own", () => {
		const due = uuids(500).map((uuid) => {
			const { state, preferred, other } = away(uuid);
			expect(nodeFailbackDue(state, other)!.node.name).to.equal(preferred);
			return dueMinutes(state, other);
		});
		expect(Math.min(...due)).to.be.within(7.5, 7.7);
		expect(Math.max(...due)).to.be.within(22.3, 22.5);
		const mean = due.reduce((a, b) => a + b) / due.length;
		expect(mean).to.be.closeTo(15, 0.5);
	});

	it('is not due before the moment that the node named, whatever happens at other nodes meanwhile', () => {
		const { state, preferred, other } = away();
		const hint = { retryAfterMs: 360 * MINUTE };
		const later = outcome('http-429', 'Later.', { hint });
		let next = reportNode(
			state,
			preferred,
			{ type: 'ended', outcome: later },
			0,
		);
		const lost = outcome('link-reset', 'Lost.');
		next = reportNode(next, other, { type: 'ended', outcome: lost }, MINUTE);
		next = reportNode(next, other, { type: 'up' }, MINUTE);
		next = reportNode(next, other, { type: 'stable' }, 2 * MINUTE);
		expect(dueMinutes(next, other)).to.be.at.least(360);
	});

	it('is spread over twice the window that a node told, so that it asks for half of what the node takes', () => {
		const { state, other } = away();
		const hint = { reconnectWindowMs: 60 * MINUTE };
		const told = reportNode(state, other, { type: 'hint', hint }, 0);
		expect(dueMinutes(told, other)).to.be.closeTo(
			8 * dueMinutes(state, other),
			0.001,
		);
	});

	it('waits twice as long after each failure, up to eight hours, counted from the last', () => {
		const { state, preferred, other } = away();
		const base = dueMinutes(state, other);
		let now = state;
		for (const doublings of [1, 2, 3, 4, 5, 5]) {
			now = reportNode(
				now,
				preferred,
				{ type: 'ended', outcome: refused },
				MINUTE,
			);
			expect(dueMinutes(now, other)).to.be.closeTo(
				1 + base * 2 ** doublings,
				0.001,
			);
		}
		const stable = reportNode(now, preferred, { type: 'stable' }, MINUTE);
		expect(stable.records[preferred]!.failures).to.equal(undefined);
	});

	it('is never due in a loop: whatever a try ended with puts the next one off', () => {
		const { state, preferred, other } = away();
		for (const how of [
			outcome('key-unavailable', 'No key.'),
			outcome('http-429', 'Later.', { hint: { retryAfterMs: 5000 } }),
			outcome('udp-blocked', 'Silence.'),
			outcome('http-403', 'No.'),
		]) {
			const nowMs = 60 * MINUTE;
			const after = reportNode(
				state,
				preferred,
				{ type: 'ended', outcome: how },
				nowMs,
			);
			expect(nodeFailbackDue(after, other)!.at, how.code).to.be.greaterThan(
				nowMs + 7 * MINUTE,
			);
		}
	});

	it('keeps to what a busy preferred node said', () => {
		const { state, preferred, other } = away();
		const how = outcome('http-429', 'Later.', {
			hint: { retryAfterMs: 600 * MINUTE },
		});
		const after = reportNode(
			state,
			preferred,
			{ type: 'ended', outcome: how },
			0,
		);
		expect(dueMinutes(after, other)).to.be.greaterThan(600);
	});

	it('counts from the drain of the preferred node', () => {
		const { state, preferred, other } = away();
		const base = dueMinutes(state, other);
		const later = reportNode(
			state,
			preferred,
			{ type: 'ended', outcome: drained },
			30 * MINUTE,
		);
		expect(dueMinutes(later, other)).to.be.closeTo(30 + base, 0.001);
	});
});
