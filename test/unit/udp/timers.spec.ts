import { expect } from 'chai';

import {
	HANDSHAKE_TIMEOUT_MS,
	HELLO_TIMEOUT_MS,
	IDLE_TIMEOUT_MS,
	STALL_MS,
	STALL_PACKETS,
	WINDOW_PROBE_MS,
} from '../../../src/transports/udp/wire/limits.js';
import { Timers } from '../../../src/transports/udp/connection/timers.js';

const make = (role: 'client' | 'server', random = () => 0.5) =>
	new Timers({ role, nowMs: 0, random });

describe('the timers of a connection', () => {
	it('give a handshake 30 s, answered or not, and a confirmed connection a minute from the last packet', () => {
		const timers = make('client');
		timers.onHeard(1000);
		expect(timers.endsAtMs('unanswered')).to.equal(HELLO_TIMEOUT_MS);
		expect(timers.endsAtMs('handshake')).to.equal(HANDSHAKE_TIMEOUT_MS);
		expect(timers.endsAtMs('confirmed')).to.equal(1000 + IDLE_TIMEOUT_MS);
	});

	it('let the device ping 22.5 to 27.5 s after the last traffic, at a time drawn anew', () => {
		const draws = [0, 1, 0.5];
		const timers = make('client', () => draws.shift()!);
		timers.onTraffic(100);
		expect(timers.deadlineMs('confirmed')).to.equal(22_600);
		expect(timers.pingIsDue('confirmed', 22_599)).to.equal(false);
		expect(timers.pingIsDue('confirmed', 22_600)).to.equal(true);
		expect(timers.deadlineMs('confirmed')).to.equal(50_100);
	});

	it('never let the node ping, nor anybody before the handshake is done', () => {
		expect(make('server').pingIsDue('confirmed', 50_000)).to.equal(false);
		expect(make('client').pingIsDue('handshake', 9000)).to.equal(false);
	});

	it('let the device ping a second after a stream of packets fell silent, once', () => {
		const timers = make('client');
		for (let i = 1; i < STALL_PACKETS; i++) {
			timers.onEliciting(i);
		}
		expect(timers.pingIsDue('confirmed', 2000)).to.equal(false);
		timers.onEliciting(2000);
		expect(timers.pingIsDue('confirmed', 2000 + STALL_MS)).to.equal(true);
		timers.onEliciting(3010);
		expect(timers.pingIsDue('confirmed', 3010 + STALL_MS)).to.equal(false);
	});

	it('let a blocked sender ask every half second, and no more once it is not', () => {
		const timers = make('server');
		timers.onBlocked(true, 100);
		timers.onBlocked(true, 300);
		expect(timers.pingIsDue('confirmed', 100 + WINDOW_PROBE_MS)).to.equal(true);
		timers.onBlocked(true, 600);
		timers.onBlocked(false, 700);
		expect(timers.pingIsDue('confirmed', 5000)).to.equal(false);
	});
});
