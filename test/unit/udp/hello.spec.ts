import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { UdpEndError } from '../../../src/transports/udp/connection/end.js';
import { Hello } from '../../../src/transports/udp/device/hello.js';
import {
	decodeHello,
	encodeAnswer,
} from '../../../src/transports/udp/wire/keyless.js';

const serverId = Buffer.alloc(8, 2);
const token = Buffer.alloc(23, 4);

/** A HELLO machine that has asked so often, and the nonces that it used. */
function asked(times = 1) {
	const hello = new Hello(randomBytes, 0);
	const sent = Array.from({ length: times }, () => {
		const datagram = hello.expire(hello.deadlineMs) as Buffer;
		return { bytes: datagram.length, nonce: decodeHello(datagram)!.nonce };
	});
	return { hello, sent };
}

describe('HELLO', () => {
	it('goes out at 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s, smaller and smaller, and never for more than 30 s', () => {
		const hello = new Hello(randomBytes, 1000);
		const sent: Array<[atMs: number, bytes: number]> = [];
		for (;;) {
			const nowMs = hello.deadlineMs;
			const due = hello.expire(nowMs)!;
			if ('reason' in due) {
				expect(due).to.deep.equal({ reason: 'no-answer' });
				expect(nowMs).to.equal(31_000);
				break;
			}
			sent.push([nowMs - 1000, due.length]);
		}
		expect(sent).to.deep.equal([
			[0, 1372],
			[500, 1200],
			[1500, 952],
			[3500, 952],
			[7500, 952],
			[15_500, 952],
		]);
	});

	for (const [answered, roundTripMs, datagramBytes] of [
		[0, 600, 1372],
		[1, 100, 1200],
	] as const) {
		it(`measures the round trip and the size of the path by the HELLO that was answered (the ${answered === 0 ? 'first' : 'second'})`, () => {
			const { hello, sent } = asked(2);
			const { nonce } = sent[answered]!;
			const { clientId } = hello;
			const retry = {
				type: 'retry',
				clientId,
				serverId,
				nonce,
				token,
			} as const;
			expect(hello.receive(encodeAnswer(retry), 600)).to.deep.equal({
				retry: { serverId, token, nonce, datagramBytes, roundTripMs },
			});
		});
	}

	it('sends the next smaller at once when the system says that one was too large, and names the MTU when none is left', () => {
		const { hello } = asked();
		const sizes: number[] = [];
		for (let i = 0; i < 2; i++) {
			expect(hello.onTooLarge()).to.equal(undefined);
			sizes.push((hello.expire(10) as Buffer).length);
		}
		expect(sizes).to.deep.equal([1200, 952]);
		const end = hello.onTooLarge()!;
		expect(end).to.deep.equal({ reason: 'mtu' });
		expect(new UdpEndError(end).message).to.contain('MTU of 1000');
	});

	it('tells a BUSY with its time, or without one', () => {
		const { hello, sent } = asked();
		const { clientId } = hello;
		const { nonce } = sent[0]!;
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
			const { hello, sent } = asked();
			const { clientId } = hello;
			const ours = { clientId, ...sent[0]!, [forged]: randomBytes(8) };
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
