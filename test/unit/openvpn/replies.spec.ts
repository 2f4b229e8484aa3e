import { expect } from 'chai';

import {
	LONGEST_REPLY,
	Replies,
	type Reply,
	type ReplyShape,
} from '../../../src/transports/openvpn/replies.js';

describe('Replies', () => {
	function ask(...shapes: ReplyShape[]) {
		const replies = new Replies();
		const got: Reply[] = [];
		for (const shape of shapes) {
			replies.expect(shape, (reply) => got.push(reply));
		}
		return { replies, got };
	}

	it('matches answers with commands in order', () => {
		const { replies, got } = ask('line', 'line');
		replies.push('SUCCESS: first');
		replies.push('ERROR: second');
		expect(got).to.deep.equal([
			{ ok: true, lines: ['first'] },
			{ ok: false, lines: ['second'] },
		]);
	});

	it('collects a block up to END', () => {
		const { replies, got } = ask('block', 'line');
		for (const line of ['1,CONNECTED', 'SUCCESS-like', 'END', 'SUCCESS: x']) {
			replies.push(line);
		}
		expect(got).to.deep.equal([
			{ ok: true, lines: ['1,CONNECTED', 'SUCCESS-like'] },
			{ ok: true, lines: ['x'] },
		]);
	});

	it('takes an error in place of a block', () => {
		const { replies, got } = ask('block');
		replies.push("ERROR: The 'status' command is not supported");
		expect(got[0]!.ok).to.equal(false);
	});

	it('passes over a stray line, as openvpn prints before some errors', () => {
		const { replies, got } = ask('line');
		replies.push('auth-retry: bad value');
		expect(got).to.have.length(0);
		replies.push('ERROR: auth-retry command failed');
		expect(got).to.deep.equal([
			{ ok: false, lines: ['auth-retry command failed'] },
		]);
	});

	it('ignores what nobody asked for', () => {
		const { replies, got } = ask();
		replies.push('SUCCESS: what?');
		replies.push('END');
		expect(got).to.have.length(0);
	});

	it('gives a block up that does not end', () => {
		const { replies, got } = ask('block');
		for (let i = 0; i < LONGEST_REPLY; i++) {
			replies.push(`line ${i}`);
		}
		expect(got).to.have.length(0);
		replies.push('one more');
		expect(got[0]).to.deep.equal({
			ok: false,
			lines: ['the answer is too long'],
		});
	});

	it('answers everything that is open when the connection ends', () => {
		const { replies, got } = ask('line', 'block');
		replies.end();
		expect(got.map(({ ok }) => ok)).to.deep.equal([false, false]);
	});
});
