import { expect } from 'chai';

import { AckSchedule } from '../../../src/transports/udp/connection/ack-schedule.js';

function after(packets: number): AckSchedule {
	const acks = new AckSchedule();
	for (let i = 0; i < packets; i++) {
		acks.onEliciting(0, false);
		acks.onSent();
	}
	return acks;
}

describe('ACKs', () => {
	it('are due with every second packet of the first hundred', () => {
		const acks = new AckSchedule();
		acks.onEliciting(5, false);
		expect(acks.dueMs).to.equal(13);
		acks.onEliciting(6, false);
		expect(acks.dueMs).to.equal(6);
	});

	it('are due with every tenth packet, or 8 ms after the first, later', () => {
		const acks = after(100);
		for (let i = 0; i < 9; i++) {
			acks.onEliciting(100 + i / 10, false);
		}
		expect(acks.dueMs).to.equal(108);
		acks.onEliciting(101, false);
		expect(acks.dueMs).to.equal(101);
	});

	it('are due at once when something looks wrong', () => {
		const acks = after(100);
		acks.onEliciting(7, true);
		expect(acks.dueMs).to.equal(7);
	});

	it('are not due when nothing came since the last', () => {
		expect(after(3).dueMs).to.equal(Infinity);
	});
});
