import { expect } from 'chai';

import type { Hint } from '../../../src/hint.js';
import {
	chooseNode,
	createNodes,
	freeAtMs,
	NODE_SETTINGS,
	parseNodes,
	reportNode,
	withAddresses,
	type ChooseContext,
	type NodeEvent,
	type NodesState,
} from '../../../src/nodes/index.js';
import { outcome, type Outcome } from '../../../src/outcome.js';
import { drained, lost, names, refused } from './fleet.js';

const stays = () => 0;
const fresh = (nodes = names(4)) =>
	createNodes({ uuid: 'device', nodes: parseNodes(nodes) });

/** One device and its own time, in seconds. */
class Device {
	state: NodesState;
	nowMs = 0;

	constructor(nodes?: string[]) {
		this.state = fresh(nodes);
	}

	choose(more: Partial<ChooseContext> = {}): string | undefined {
		const { node, state } = chooseNode(this.state, {
			nowMs: this.nowMs,
			random: stays,
			...more,
		});
		this.state = state;
		return node?.name;
	}

	report(name: string, event: NodeEvent): this {
		this.state = reportNode(this.state, name, event, this.nowMs);
		return this;
	}

	ended(name: string, how: Outcome): this {
		return this.report(name, { type: 'ended', outcome: how });
	}

	told(name: string, hint: Hint): this {
		return this.report(name, { type: 'hint', hint });
	}

	stable(name: string): this {
		return this.report(name, { type: 'up' }).report(name, { type: 'stable' });
	}

	after(seconds: number): this {
		this.nowMs += seconds * 1000;
		return this;
	}
}

/** The device's own order, found by letting each first choice fail. */
function order(nodes = names(4)): string[] {
	const device = new Device(nodes);
	return nodes.map(() => {
		const name = device.choose()!;
		device.ended(name, refused);
		return name;
	});
}

const [first, second, third, last] = order() as [
	string,
	string,
	string,
	string,
];

const throttled = (hint: Hint) => outcome('http-429', 'Later.', { hint });

describe('the choice of node', () => {
	it('leaves a node alone until the moment that it named, whatever happens at others meanwhile', () => {
		const device = new Device([first, second]);
		device.stable(second).after(600);
		// The device asked its preferred node beside its live link, and was told to come later; then the live link went.
		device.ended(first, throttled({ retryAfterMs: 300_000 })).after(1);
		device.ended(second, lost);
		expect(device.choose()).to.equal(second);
		device.ended(second, refused).after(2);
		expect(device.choose()).to.equal(second);
		device.after(300);
		expect(device.choose()).to.equal(first);
	});

	it('gives nothing only where nothing is configured', () => {
		expect(new Device([]).choose()).to.equal(undefined);
		expect(new Device(['a.example']).choose()).to.equal('a.example:443');
	});

	it('is the same for the same device, in whichever order the nodes are listed', () => {
		expect(order([...names(4)].reverse())[0]).to.equal(first);
		expect(new Set([first, second, third, last]).size).to.equal(4);
	});

	it('tells the transport the host to verify and the port', () => {
		const { node } = chooseNode(fresh(['[2001:db8::1]:8443']), {
			nowMs: 0,
			random: stays,
		});
		expect(node).to.deep.equal({
			name: '[2001:db8::1]:8443',
			host: '2001:db8::1',
			port: 8443,
		});
	});

	describe('after a failure', () => {
		it('goes on to the next node in the order, however long the wait before it was', () => {
			const device = new Device().ended(first, refused);
			expect(device.choose()).to.equal(second);
			device.after(3600);
			expect(device.choose()).to.equal(second);
		});

		it('comes back to it after a stable link elsewhere, when the penalty has decayed', () => {
			const device = new Device().ended(first, refused).stable(second);
			device.after(119).ended(second, drained);
			expect(device.choose()).to.equal(third);
			device.after(2);
			expect(device.choose()).to.equal(first);
		});

		it('begins with its own order again when a link was stable in between', () => {
			const device = new Device().ended(first, refused).ended(second, refused);
			device.stable(third).after(3600).ended(third, lost);
			device.after(301);
			expect(device.choose()).to.equal(first);
		});

		it('finds the one node that lives, whatever the wait between two attempts', () => {
			for (const seconds of [1, 60, 121, 900, 86_400]) {
				const device = new Device();
				const tried = [1, 2, 3].map(() => {
					const name = device.choose()!;
					device.ended(name, refused).after(seconds);
					return name;
				});
				expect(tried).to.deep.equal([first, second, third]);
				expect(device.choose()).to.equal(last);
			}
		});

		it('holds more failures against a node for longer, but never longer than four half-lives', () => {
			const held = (failures: number) => {
				const device = new Device();
				for (let i = 0; i < failures; i++) {
					device.ended(first, refused);
				}
				device.stable(second);
				for (let seconds = 0; seconds < 1000; seconds++) {
					if (device.choose({ avoid: second }) === first) {
						return seconds;
					}
					device.after(1);
				}
				return Infinity;
			};
			expect([1, 2, 4, 8, 100].map(held)).to.deep.equal([
				120, 240, 360, 480, 480,
			]);
		});

		it('takes the nodes in turns when all have failed', () => {
			const device = new Device();
			const tried: string[] = [];
			for (let i = 0; i < 12; i++) {
				const name = device.choose()!;
				tried.push(name);
				device.ended(name, refused).after(10);
			}
			expect(tried).to.deep.equal([
				...[first, second, third, last],
				...[first, second, third, last],
				...[first, second, third, last],
			]);
		});

		it('dials the only node there is, whatever is held against it', () => {
			const device = new Device(['a.example']);
			for (let i = 0; i < 10; i++) {
				device.ended('a.example:443', refused);
			}
			expect(device.choose()).to.equal('a.example:443');
			expect(device.choose({ avoid: 'a.example:443' })).to.equal(
				'a.example:443',
			);
		});

		it('holds nothing against a node for causes on the device itself', () => {
			const device = new Device();
			device.ended(first, outcome('clock-wrong', 'Not yet valid.'));
			device.ended(first, outcome('key-unavailable', 'No key.'));
			device.ended(first, outcome('proxy-unreachable', 'No proxy.'));
			device.ended(first, outcome('stopped', 'Stopped.'));
			device.ended(first, outcome('superseded', 'Left.'));
			expect(device.choose()).to.equal(first);
		});

		it('holds silence over UDP against the node only while UDP is dialled', () => {
			const device = new Device();
			device.ended(first, outcome('udp-blocked', 'Silence.'));
			expect(device.choose({ transport: { carrier: 'udp' } })).to.equal(second);
			expect(device.choose({ transport: { carrier: 'tcp' } })).to.equal(first);
			expect(device.choose()).to.equal(first);
		});

		it('forgives all when a link there has proved stable, not when it is merely up', () => {
			const device = new Device();
			device.ended(first, refused).ended(first, refused);
			device.report(first, { type: 'up' });
			expect(device.choose()).to.equal(second);
			device.report(first, { type: 'stable' });
			expect(device.choose()).to.equal(first);
		});

		it('holds a young link that was sent away for tried, and goes on', () => {
			const device = new Device().report(first, { type: 'up' });
			device.ended(first, drained).after(3600);
			expect(device.choose()).to.equal(second);
		});
	});

	describe('after a link was lost', () => {
		it('keeps the last good node through a blip, though it is not the first choice', () => {
			const device = new Device().stable(second).after(3600);
			device.ended(second, lost);
			expect(device.choose()).to.equal(second);
			device.after(299);
			expect(device.choose()).to.equal(second);
		});

		it('goes back to its first choice when the loss is no blip any more', () => {
			const device = new Device().stable(second).ended(second, lost).after(301);
			expect(device.choose()).to.equal(first);
		});

		it('leaves the last good node at once when it does not answer', () => {
			const device = new Device().stable(second).ended(second, lost);
			device.ended(second, refused);
			expect(device.choose()).to.equal(first);
		});

		it('counts a link that went soon after it had come up as a failure', () => {
			const device = new Device().report(first, { type: 'up' }).after(1);
			device.ended(first, lost);
			expect(device.choose()).to.equal(second);
		});
	});

	describe('when a node drains', () => {
		it('leaves it for the next, and only once for the notice and the end', () => {
			const device = new Device()
				.stable(first)
				.told(first, { drainDeadlineMs: 1000 });
			expect(device.choose()).to.equal(second);
			expect(device.choose({ avoid: first })).to.equal(second);
			device.ended(first, drained).ended(first, drained);
			device.stable(second).after(121);
			expect(device.choose({ avoid: second })).to.equal(first);
		});

		it('avoids it though everything else has failed', () => {
			const device = new Device().stable(first);
			for (const name of [second, third, last]) {
				device.ended(name, refused).ended(name, refused);
			}
			expect(device.choose({ avoid: first })).to.equal(second);
		});
	});

	describe('when a node refuses but says when to return', () => {
		it('keeps to its turn, though another would be tried first', () => {
			const device = new Device().ended(first, refused);
			expect(device.choose()).to.equal(second);
			device.ended(second, throttled({ retryAfterMs: 300_000 })).after(300);
			expect(device.choose(), 'the first is forgiven by now').to.equal(second);
		});

		it('keeps to no turn that is the same for all', () => {
			const device = new Device();
			device.report(first, {
				type: 'ended',
				outcome: throttled({ retryAfterMs: 300_000 }),
				constant: true,
			});
			expect(device.choose()).to.equal(second);
		});

		it('chooses the node that is free first where none is', () => {
			const device = new Device([first, second]);
			device.ended(
				first,
				throttled({ retryAfterMs: 900_000, goElsewhere: true }),
			);
			device.ended(
				second,
				throttled({ retryAfterMs: 300_000, goElsewhere: true }),
			);
			expect(device.choose()).to.equal(second);
			expect(freeAtMs(device.state)).to.equal(300_000);
		});

		it('gives its turn up when the third answer in a row is a refusal', () => {
			const device = new Device();
			for (let i = 0; i < 2; i++) {
				device.ended(first, throttled({ retryAfterMs: 30_000 })).after(30);
				expect(device.choose()).to.equal(first);
			}
			device.ended(first, throttled({ retryAfterMs: 30_000 }));
			expect(device.choose()).to.equal(second);
		});

		it('gives its turn up long after its time', () => {
			const device = new Device().stable(second).ended(second, refused);
			device.ended(third, throttled({ retryAfterMs: 10_000 }));
			// Somebody who chooses before the time was not sent there by the turn.
			expect(device.choose()).not.to.equal(third);
			device.after(10);
			expect(device.choose()).to.equal(third);
			device.after(66);
			expect(device.choose()).to.equal(first);
		});

		it('keeps to no turn at a node that sends it elsewhere, or does not say when', () => {
			for (const hint of [{ retryAfterMs: 1000, goElsewhere: true }, {}]) {
				const device = new Device().ended(first, throttled(hint));
				expect(device.choose()).to.equal(second);
			}
		});
	});

	describe('what a node says about itself', () => {
		it('is believed: "go elsewhere" leads to another of the configured nodes', () => {
			const device = new Device()
				.stable(first)
				.told(first, { goElsewhere: true });
			expect(device.choose()).to.equal(second);
		});

		it('leads nowhere else: an unknown name changes nothing', () => {
			const { state } = new Device();
			for (const name of ['evil.example:443', '__proto__', 'constructor']) {
				const after = new Device();
				after.state = state;
				after
					.told(name, { goElsewhere: true })
					.stable(name)
					.ended(name, refused);
				expect(after.state).to.equal(state);
			}
		});

		const shareOf = (hint: Hint, afterSeconds = 0) => {
			const entries = parseNodes(names(4));
			const [name] = names(4) as [string];
			const devices = 4000;
			let chosen = 0;
			for (let i = 0; i < devices; i++) {
				const state = createNodes({ uuid: `device-${i}`, nodes: entries });
				const told = reportNode(state, name, { type: 'hint', hint }, 0);
				const context = { nowMs: afterSeconds * 1000, random: stays };
				chosen += chooseNode(told, context).node?.name === name ? 1 : 0;
			}
			return chosen / devices;
		};

		it('weighs a young node down until it has been up for the slow start', () => {
			expect(shareOf({ nodeAgeMs: 0 })).to.be.closeTo(0.05 / 3.05, 0.01);
			expect(shareOf({ nodeAgeMs: 150_000 })).to.be.closeTo(0.5 / 3.5, 0.02);
			expect(shareOf({ nodeAgeMs: 0 }, 150)).to.be.closeTo(0.5 / 3.5, 0.02);
			expect(shareOf({ nodeAgeMs: 0 }, 300)).to.be.closeTo(0.25, 0.02);
			expect(shareOf({ nodeAgeMs: 86_400_000 })).to.be.closeTo(0.25, 0.02);
		});

		it('weighs a heavy node down, less and less as time passes', () => {
			expect(shareOf({ nodeLoad: 0.8 })).to.be.closeTo(0.25, 0.02);
			expect(shareOf({ nodeLoad: 0.9 })).to.be.closeTo(0.5 / 3.5, 0.02);
			expect(shareOf({ nodeLoad: 1 })).to.be.closeTo(0.05 / 3.05, 0.01);
			expect(shareOf({ nodeLoad: 1 }, 300)).to.be.closeTo(0.5 / 3.5, 0.02);
			expect(shareOf({ nodeLoad: 1 }, 600)).to.be.closeTo(0.25, 0.02);
		});

		it('lets a device leave its last good node with the chance that its weight gives', () => {
			const device = new Device().stable(first).told(first, { nodeLoad: 0.9 });
			device.ended(first, lost);
			expect(device.choose({ random: () => 0.49 })).to.equal(first);
			const before = device.choose({ random: () => 0.51 });
			expect([first, second]).to.include(before);
		});
	});

	describe('among the addresses of one name', () => {
		const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
		const withRecords = () => {
			const device = new Device(['a.example']);
			const found = [{ name: 'a.example:443', port: 443, addresses }];
			device.state = withAddresses(device.state, { 'a.example:443': found }, 0);
			return device;
		};
		const tried = (device: Device, avoid?: string) =>
			chooseNode(device.state, { nowMs: device.nowMs, random: stays, avoid })
				.node!.addresses!;

		it('keeps the name for TLS and for people', () => {
			const { node } = chooseNode(withRecords().state, {
				nowMs: 0,
				random: stays,
			});
			expect(node).to.include({ name: 'a.example:443', host: 'a.example' });
			expect(node!.addresses).to.have.members(addresses);
		});

		it('begins with the next one after each failure, and stays with the one that worked', () => {
			const device = withRecords();
			const before = tried(device);
			device.ended('a.example:443', refused);
			const after = tried(device);
			expect(after).to.deep.equal([before[1], before[2], before[0]]);
			device.stable('a.example:443').after(3600).ended('a.example:443', lost);
			expect(tried(device)).to.deep.equal(after);
		});

		it('begins with another one than the one that drains', () => {
			const device = withRecords();
			const [before] = tried(device);
			expect(tried(device, 'a.example:443')[0]).not.to.equal(before);
		});

		it('moves on by one for a drain, however often that is told', () => {
			const device = withRecords();
			const before = tried(device);
			device.told('a.example:443', { drainDeadlineMs: 1000 });
			device.ended('a.example:443', drained).ended('a.example:443', drained);
			expect(tried(device)[0]).to.equal(before[1]);
		});

		it('keeps to the one where it has a turn', () => {
			const device = withRecords();
			const before = tried(device);
			device.ended('a.example:443', throttled({ retryAfterMs: 5000 }));
			expect(tried(device)).to.deep.equal(before);
		});
	});

	it('takes its numbers from the options', () => {
		const nodes = parseNodes(names(4));
		const state = createNodes({
			uuid: 'device',
			nodes,
			penaltyHalfLifeMs: 1000,
		});
		expect(state.settings).to.deep.equal({
			...NODE_SETTINGS,
			penaltyHalfLifeMs: 1000,
		});
		const failed = reportNode(
			state,
			first,
			{ type: 'ended', outcome: refused },
			0,
		);
		const up = reportNode(failed, second, { type: 'up' }, 0);
		const stable = reportNode(up, second, { type: 'stable' }, 0);
		const at = (nowMs: number) =>
			chooseNode(stable, { nowMs, random: stays, avoid: second }).node?.name;
		expect([at(999), at(1001)]).to.deep.equal([third, first]);
	});
});
