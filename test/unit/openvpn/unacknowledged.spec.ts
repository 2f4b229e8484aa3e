import { expect } from 'chai';

import { isUnacknowledged } from '../../../src/transports/openvpn/unacknowledged.js';

/** As Linux prints it. */
const HEAD =
	'  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const line = (retransmissions: string) =>
	`   1: 0201510A:8432 0209510A:04AA 01 00000021:00000000 01:00000014 ${retransmissions}     0        0 81239 1 0000000000000000 20 4 0 10 -1`;
const ENDS = { localPort: '33842', port: '1194' };

describe('isUnacknowledged', () => {
	it('is so after two time-outs in a row of the connection with these ports', () => {
		for (const [retransmissions, is] of [
			['00000000', false],
			['00000001', false],
			['00000002', true],
			['0000000F', true],
		] as const) {
			const table = `${HEAD}\n${line(retransmissions)}\n`;
			expect(isUnacknowledged(table, ENDS), retransmissions).to.equal(is);
		}
	});

	it('is not so for another connection, no table or rubbish', () => {
		const table = `${HEAD}\n${line('00000009')}\n`;
		expect(isUnacknowledged(table, { ...ENDS, port: '443' })).to.equal(false);
		expect(isUnacknowledged(table, { ...ENDS, localPort: '1' })).to.equal(
			false,
		);
		for (const text of ['', 'x', '\n\n', HEAD]) {
			expect(isUnacknowledged(text, ENDS)).to.equal(false);
		}
	});
});
