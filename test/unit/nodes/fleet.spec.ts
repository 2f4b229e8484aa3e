import { expect } from 'chai';

import { parseNodes, withAddresses } from '../../../src/nodes/index.js';
import { drained, Fleet, names, replay, show, spread } from './fleet.js';

const DEVICES = 100_000;
const FEWER = 40_000;

describe('a fleet on ten nodes', function () {
	this.timeout(60_000);

	it('of 100,000 devices is spread evenly: the fullest node has at most 1.15 times the mean', () => {
		const fleet = new Fleet(DEVICES, names(10));
		fleet.connect();
		expect(fleet.attempts).to.equal(DEVICES);
		expect(fleet.counts().size).to.equal(10);
		const figure = spread(fleet.counts(), 10);
		show(`spread: ${figure.toFixed(3)} (target 1.15)`);
		expect(figure, replay).to.be.lessThan(1.15);
	});

	it('loses a node: its devices go evenly to all others after one failed attempt, and nobody else moves', () => {
		const fleet = new Fleet(DEVICES, names(10));
		fleet.connect();
		const before = [...fleet.at];
		const dead = names(10)[3]!;
		fleet.down.add(dead);
		const cut = fleet.cut(dead);
		const attempts = fleet.attempts;
		fleet.nowMs = 10_000;
		fleet.connect((index) => cut.has(index));
		expect((fleet.attempts - attempts) / cut.size).to.equal(2);
		const moved = fleet.at.filter((name, index) => name !== before[index]);
		expect(moved).to.have.length(cut.size);
		const received = spread(fleet.counts(cut), 9);
		const whole = spread(fleet.counts(), 9);
		show(
			`what the others received: ${received.toFixed(3)}; spread over nine: ${whole.toFixed(3)} (target 1.15)`,
		);
		expect(fleet.counts(cut).size, replay).to.equal(9);
		expect(received, replay).to.be.lessThan(1.15);
		expect(whole, replay).to.be.lessThan(1.15);
	});

	it('gets an eleventh node: only its share moves, all of it to the new node', () => {
		const before = new Fleet(FEWER, names(10));
		before.connect();
		const after = new Fleet(FEWER, names(11));
		after.connect();
		const movedTo = after.at.filter((name, index) => name !== before.at[index]);
		const least = FEWER / 11;
		const figure = movedTo.length / least;
		show(`moved over the least possible: ${figure.toFixed(3)} (target 1.05)`);
		expect(new Set(movedTo)).to.deep.equal(new Set([names(11)[10]]));
		expect(figure, replay).to.be.within(0.95, 1.05);
		expect(spread(after.counts(), 11), replay).to.be.lessThan(1.15);
	});

	it('comes through a rolling deploy of all ten nodes, and is spread evenly once everybody is on the preferred node again', () => {
		const fleet = new Fleet(FEWER, names(10));
		fleet.connect();
		let forced = 0;
		for (const name of names(10)) {
			fleet.nowMs += 60_000;
			fleet.down.add(name);
			const cut = fleet.cut(name, drained);
			forced += cut.size;
			const attempts = fleet.attempts;
			fleet.connect((index) => cut.has(index));
			expect(
				fleet.attempts - attempts,
				'nobody dials a node that drains',
			).to.equal(cut.size);
			fleet.down.delete(name);
		}
		const before = spread(fleet.counts(), 10);
		const moments = fleet.failBack();
		const after = spread(fleet.counts(), 10);
		show(
			`spread after the last drain ${before.toFixed(2)}, after the failback ${after.toFixed(3)} (target 1.15); moves a device: ${(forced / FEWER).toFixed(2)} forced, ${(moments.length / FEWER).toFixed(2)} homewards`,
		);
		expect(after, replay).to.be.lessThan(1.15);
	});

	it('fills a node that is added to a running fleet with its share alone, at no more than half of what it told it can take', () => {
		const windowMs = 1_000_000;
		const fleet = new Fleet(FEWER, names(10));
		fleet.connect();
		fleet.know(names(11), { reconnectWindowMs: windowMs });
		const moments = fleet.failBack();
		const share = FEWER / 11;
		const counts = fleet.counts();
		expect(moments.length / share, replay).to.be.within(0.95, 1.05);
		expect(counts.get(names(11)[10]!)).to.equal(moments.length);
		expect(spread(counts, 11), replay).to.be.lessThan(1.15);
		// Rate: the node's whole population in a window of that length.
		const rate = share / windowMs;
		const binMs = 50_000;
		const bins = new Map<number, number>();
		for (const atMs of moments) {
			const bin = Math.floor(atMs / binMs);
			bins.set(bin, (bins.get(bin) ?? 0) + 1);
		}
		const peak = Math.max(...bins.values()) / (rate * binMs);
		show(
			`moved over the least possible: ${(moments.length / share).toFixed(3)}; peak at the new node over its R: ${peak.toFixed(2)} (target 1.3)`,
		);
		expect(peak, replay).to.be.lessThan(0.8);
	});

	it('is spread evenly over the addresses of one name, and a new record draws only its share', () => {
		const addresses = Array.from({ length: 11 }, (_, i) => `192.0.2.${i}`);
		const first = (count: number) => {
			const fleet = new Fleet(20_000, ['cloudlink.example.com']);
			const [entry] = parseNodes(['cloudlink.example.com']);
			const { name, port } = entry!;
			fleet.devices.forEach((state, index) => {
				const found = {
					[name]: [{ name, port, addresses: addresses.slice(0, count) }],
				};
				fleet.devices[index] = withAddresses(state, found, 0);
			});
			return fleet.firstAddresses();
		};
		const [ten, eleven] = [first(10), first(11)];
		const counts = new Map<string, number>();
		for (const address of ten) {
			counts.set(address, (counts.get(address) ?? 0) + 1);
		}
		show(`spread over ten addresses: ${spread(counts, 10).toFixed(3)}`);
		expect(spread(counts, 10), replay).to.be.lessThan(1.15);
		const moved = eleven.filter((address, index) => address !== ten[index]);
		expect(new Set(moved)).to.deep.equal(new Set(['192.0.2.10']));
		expect(moved.length / (20_000 / 11), replay).to.be.within(0.9, 1.1);
	});
});
