import { expect } from 'chai';

import { outcome } from '../../../../src/outcome.js';
import { policyNamed } from '../../../../src/simulator/policies/index.js';

const lost = outcome('link-reset', 'reset');
const refused = outcome('early-reset', 'reset');

/** The waits after a loss and so many failures, in seconds, with the same draw each time. */
function waits(name: string, count: number, draw = 0.5): number[] {
	const pacer = policyNamed(name).pacer(1);
	let nowMs = 0;
	return Array.from({ length: count }, (_, turn) => {
		const ended = turn === 0 ? lost : refused;
		const waitMs = pacer.tell(
			0,
			{ type: 'ended', outcome: ended },
			nowMs,
			() => draw,
		)!;
		nowMs += waitMs;
		return Number((waitMs / 1000).toFixed(3));
	});
}

/** The least and the most that a formula can draw. */
function range(name: string, count: number): Array<[number, number]> {
	const low = waits(name, count, 0);
	const high = waits(name, count, 1 - 1e-9);
	return low.map((least, turn) => [least, high[turn]!]);
}

describe('peer policies', () => {
	it('balena-tcp-reset: 5 s six times, then doubling to 120 s, without jitter', () => {
		const expected = [5, 5, 5, 5, 5, 5, 10, 20, 40, 80, 120, 120];
		expect(waits('balena-tcp-reset', 12, 0)).to.deep.equal(expected);
		expect(waits('balena-tcp-reset', 12, 0.9)).to.deep.equal(expected);
	});

	it('balena-exit: 10 s for ever', () => {
		expect(waits('balena-exit', 30)).to.deep.equal(new Array(30).fill(10));
	});

	it('openvpn-2.6: 1 s six times, then doubling to 300 s', () => {
		expect(waits('openvpn-2.6', 16)).to.deep.equal([
			1, 1, 1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300,
		]);
	});

	it('openvpn-2.6 heeds a server back-off, cut to its own maximum', () => {
		const pacer = policyNamed('openvpn-2.6').pacer(1);
		const told = (retryAfterMs: number) =>
			pacer.tell(
				0,
				{
					type: 'ended',
					outcome: outcome('http-429', 'later', { hint: { retryAfterMs } }),
				},
				0,
				() => 0,
			);
		expect(told(42_000)).to.equal(42_000);
		expect(told(900_000)).to.equal(300_000);
	});

	it('cloudflared: uniform over 2, 4, ... 32 s', () => {
		expect(range('cloudflared', 6)).to.deep.equal([
			[0, 2],
			[0, 4],
			[0, 8],
			[0, 16],
			[0, 32],
			[0, 32],
		]);
	});

	it('tailscale: 10 ms n squared, half to one and a half, 15 to 45 s in the end', () => {
		const ranges = range('tailscale', 60);
		expect(ranges[0]).to.deep.equal([0.005, 0.015]);
		expect(ranges[9]).to.deep.equal([0.5, 1.5]);
		expect(ranges[59]).to.deep.equal([15, 45]);
	});

	it('tailscale keeps a Retry-After exactly, but not one beyond an hour', () => {
		const pacer = policyNamed('tailscale').pacer(1);
		const told = (retryAfterMs: number) =>
			pacer.tell(
				0,
				{
					type: 'ended',
					outcome: outcome('http-429', 'later', { hint: { retryAfterMs } }),
				},
				0,
				() => 0.5,
			);
		expect(told(30_000)).to.equal(30_000);
		expect(told(3601_000)).to.equal(7500);
		expect(told(0)).to.equal(7500);
	});

	it('teleport: a poll, at once, then the upper half of 1, 2, ... 8 s', () => {
		expect(range('teleport', 12).slice(0, 4)).to.deep.equal([
			[0, 1],
			[0, 0],
			[0.5, 1],
			[1, 2],
		]);
		expect(range('teleport', 12)[11]).to.deep.equal([4, 8]);
	});

	it('frp: at once, 2 s, doubling to exactly 20 s', () => {
		expect(waits('frp', 7, 0)).to.deep.equal([0, 2, 4, 8, 16, 20, 20]);
		expect(waits('frp', 6, 1 - 1e-9)).to.deep.equal([
			0, 2.2, 4.84, 10.648, 20, 20,
		]);
	});

	it('elastic-agent: 60 to 120 s, growing to 300 to 900 s', () => {
		expect(range('elastic-agent', 6)).to.deep.equal([
			[60, 120],
			[120, 240],
			[240, 480],
			[300, 780],
			[300, 900],
			[300, 900],
		]);
	});

	it('aws-iot-mqtt5: full jitter that freezes at 120 s', () => {
		expect(waits('aws-iot-mqtt5', 12, 0.5).slice(0, 3)).to.deep.equal([
			0.5, 1, 2,
		]);
		expect(waits('aws-iot-mqtt5', 12, 0.2).at(-1)).to.equal(120);
	});

	it('grpc-js: at once, 1 s, then 1.6 times the last with 20 % either way', () => {
		expect(waits('grpc-js', 5)).to.deep.equal([0, 1, 1.6, 2.56, 4.096]);
		expect(range('grpc-js', 3)[2]).to.deep.equal([1.28, 1.92]);
		expect(waits('grpc-js', 40).at(-1)).to.equal(120);
	});

	it('mqttjs: 1 s for ever', () => {
		expect(waits('mqttjs', 9)).to.deep.equal(new Array(9).fill(1));
	});

	it('nats.js: at once, then 2 to 3 s', () => {
		expect(range('nats.js', 3)).to.deep.equal([
			[0, 0],
			[2, 3],
			[2, 3],
		]);
	});

	it('socket.io: adds for an odd tenth, takes off for an even one, and caps after', () => {
		expect(waits('socket.io', 4, 0.55)).to.deep.equal([1.275, 2.55, 5, 5]);
		expect(waits('socket.io', 4, 0.45)).to.deep.equal([0.775, 1.55, 3.1, 5]);
	});

	it('partysocket: 3 s, times 1.3 to 10 s, without jitter', () => {
		const expected = [3, 3.9, 5.07, 6.591, 8.568, 10, 10];
		expect(waits('partysocket', 7, 0.1)).to.deep.equal(expected);
		expect(waits('partysocket', 7, 0.8)).to.deep.equal(expected);
	});

	it('full, equal and decorrelated jitter: up to 128 s', () => {
		expect(range('full-jitter', 9)[8]).to.deep.equal([0, 128]);
		expect(range('equal-jitter', 9)[8]).to.deep.equal([64, 128]);
		expect(range('decorrelated-jitter', 3)).to.deep.equal([
			[1, 3],
			[1, 9],
			[1, 27],
		]);
		expect(waits('decorrelated-jitter', 9, 1 - 1e-9).at(-1)).to.equal(128);
	});

	it('elapsed-window: grows with the time since the loss', () => {
		const ranges = range('elapsed-window', 4);
		expect(ranges[0]).to.deep.equal([0, 4]);
		expect(ranges[1]).to.deep.equal([18, 60]);
		expect(waits('elapsed-window', 5, 1 - 1e-9)).to.deep.equal([
			4, 60, 64, 128, 256,
		]);
	});

	it('forgets its failures when a link is lost again', () => {
		const pacer = policyNamed('balena-tcp-reset').pacer(2);
		const tell = (device: number, ended: typeof lost) =>
			pacer.tell(device, { type: 'ended', outcome: ended }, 0, () => 0);
		tell(0, lost);
		for (let turn = 0; turn < 9; turn++) {
			tell(0, refused);
		}
		expect(tell(0, refused)).to.equal(120_000);
		expect(tell(1, lost)).to.equal(5000);
		expect(tell(0, lost)).to.equal(5000);
	});
});
