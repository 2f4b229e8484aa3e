import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { Hello } from '../../../src/transports/udp/device/hello.js';
import {
	decodeHello,
	encodeAnswer,
} from '../../../src/transports/udp/wire/keyless.js';

const serverId = Buffer.alloc(8, 2);
const token = Buffer.alloc(23, 4);

describe('HELLO', () => {
	it('goes out at 0, 0.5, 1.5 and 3.5 s, and after 5 s without an answer UDP is blocked', () => {
		const hello = new Hello(randomBytes, 1000);
		const times: number[] = [];
		for (;;) {
			const nowMs = hello.deadlineMs;
			const due = hello.expire(nowMs);
			times.push(nowMs - 1000);
			if (due && 'reason' in due) {
				expect(due).to.deep.equal({ reason: 'no-answer' });
				break;
			}
			expect(decodeHello(due!)?.nonce).to.deep.equal(hello.nonce);
		}
		expect(times).to.deep.equal([0, 500, 1500, 3500, 5000]);
	});

	it('takes a RETRY that repeats its ID and nonce, and measures the round trip from the last HELLO', () => {
		const hello = new Hello(randomBytes, 0);
		hello.expire(0);
		hello.expire(500);
		const { clientId, nonce } = hello;
		const retry = encodeAnswer({
			type: 'retry',
			clientId,
			serverId,
			nonce,
			token,
		});
		expect(hello.receive(retry, 560)).to.deep.equal({
			retry: { serverId, token, roundTripMs: 60 },
		});
	});

	it('tells a BUSY with its time, or without one', () => {
		const hello = new Hello(randomBytes, 0);
		const { clientId, nonce } = hello;
		const busy = (retryAfterSeconds: number) =>
			hello.receive(
				encodeAnswer({ type: 'busy', clientId, nonce, retryAfterSeconds }),
				1,
			);
		expect(busy(30)).to.deep.equal({
			end: { reason: 'busy', retryAfterSeconds: 30 },
		});
		expect(busy(0)).to.deep.equal({ end: { reason: 'busy' } });
	});

	for (const forged of ['clientId', 'nonce'] as const) {
		it(`overhears RETRY, BUSY and VERSION with a wrong ${forged}`, () => {
			const hello = new Hello(randomBytes, 0);
			const { clientId, nonce } = hello;
			const ours = { clientId, nonce, [forged]: randomBytes(8) };
			for (const answer of [
				{ type: 'retry', serverId, token, ...ours },
				{ type: 'busy', retryAfterSeconds: 300, ...ours },
				{ type: 'version', versions: [9], ...ours },
			] as const) {
				expect(hello.receive(encodeAnswer(answer), 1)).to.equal(undefined);
			}
		});
	}

	it('overhears what is no answer at all', () => {
		const hello = new Hello(randomBytes, 0);
		for (const length of [0, 1, 30, 1200]) {
			expect(hello.receive(randomBytes(length), 1)).to.equal(undefined);
		}
	});
});
