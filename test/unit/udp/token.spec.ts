/* eslint-disable no-bitwise -- bits are turned on purpose */
import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import {
	NewTokens,
	resetTokenFor,
} from '../../../src/transports/udp/node/new-tokens.js';
import { RetryTokens } from '../../../src/transports/udp/node/retry-tokens.js';
import type { Init } from '../../../src/transports/udp/wire/packet.js';

const from = { address: '192.0.2.7', port: 4711 };
const question = { clientId: randomBytes(8), nonce: randomBytes(8) };
const init = (
	issued: { serverId: Buffer; token: Buffer },
	changed: Partial<Init> = {},
): Init => ({
	type: 'init',
	packetNumber: 0,
	framesAt: 0,
	ackNow: true,
	keyPhase: 0,
	...question,
	...issued,
	...changed,
});

describe('RETRY tokens', () => {
	it('are good for the address and the question that they were issued for', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		const issued = tokens.issue(question, from, 0);
		expect(tokens.isValid(init(issued), from, 9000)).to.equal(true);
		expect(tokens.isValid(init(issued), { ...from, port: 4712 }, 0)).to.equal(
			false,
		);
		expect(
			tokens.isValid(init(issued), { ...from, address: '192.0.2.8' }, 0),
		).to.equal(false);
		expect(
			tokens.isValid(init(issued, { clientId: randomBytes(8) }), from, 0),
		).to.equal(false);
		expect(
			tokens.isValid(init(issued, { nonce: randomBytes(8) }), from, 0),
		).to.equal(false);
		expect(
			tokens.isValid(init(issued, { serverId: randomBytes(8) }), from, 0),
		).to.equal(false);
	});

	it('are good for 30 s, as long as a handshake lasts', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		const issued = tokens.issue(question, from, 500);
		expect(tokens.isValid(init(issued), from, 30_500)).to.equal(true);
		expect(tokens.isValid(init(issued), from, 30_501)).to.equal(false);
	});

	it('are worth nothing at another node, and nothing under a secret that has been changed twice', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		expect(
			tokens.isValid(
				init(new RetryTokens(randomBytes, 0).issue(question, from, 0)),
				from,
				0,
			),
		).to.equal(false);
		const issued = tokens.issue(question, from, 59_999);
		expect(tokens.isValid(init(issued), from, 60_001)).to.equal(true);
		const later = tokens.issue(question, from, 180_000);
		expect(later.serverId.equals(issued.serverId)).to.equal(false);
		expect(tokens.isValid(init(later), from, 180_001)).to.equal(true);
	});

	it('give one attempt one ID, however often it asks, and two attempts two', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		const { serverId } = tokens.issue(question, from, 0);
		expect(tokens.issue(question, from, 3500).serverId).to.deep.equal(serverId);
		const other = { ...question, nonce: randomBytes(8) };
		expect(tokens.issue(other, from, 0).serverId).not.to.deep.equal(serverId);
	});

	it('with any bit turned are not good', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		const { serverId, token } = tokens.issue(question, from, 0);
		for (let i = 0; i < token.length; i++) {
			const forged = Buffer.from(token);
			forged[i]! ^= 1;
			expect(
				tokens.isValid(init({ serverId, token: forged }), from, 0),
			).to.equal(false);
		}
	});
});

describe('tokens for the next connection', () => {
	const secret = randomBytes(32);
	const wallMs = Date.UTC(2026, 0, 1);
	const make = (nodeSecret = secret) => new NewTokens(nodeSecret, randomBytes);

	it('are good for the same IP address, from any port, also after a restart that keeps the secret', () => {
		const issued = make().issue(from, wallMs);
		const here = { ...from, port: 1 };
		expect(make().check(init(issued), here, wallMs + 3_600_000)).to.deep.equal(
			issued.secret,
		);
	});

	it('are good once', () => {
		const tokens = make();
		const issued = tokens.issue(from, wallMs);
		expect(tokens.check(init(issued), from, wallMs)).to.be.instanceOf(Buffer);
		tokens.spend(init(issued));
		for (const laterMs of [0, 3_600_000, 7_200_000]) {
			expect(tokens.check(init(issued), from, wallMs + laterMs)).to.equal(
				undefined,
			);
		}
	});

	it('are good once also where the clock is set forward, twice, and back', () => {
		const tokens = make();
		const issued = init(tokens.issue(from, wallMs));
		tokens.check(issued, from, wallMs);
		tokens.spend(issued);
		for (const aheadMs of [8_000_000, 16_000_000]) {
			const next = init(tokens.issue(from, wallMs + aheadMs));
			expect(tokens.check(next, from, wallMs + aheadMs)).not.to.equal(
				undefined,
			);
			tokens.spend(next);
		}
		expect(tokens.check(issued, from, wallMs)).to.equal(undefined);
		// What is given out after that is good all the same.
		const later = init(tokens.issue(from, wallMs));
		expect(tokens.check(later, from, wallMs)).to.be.instanceOf(Buffer);
	});

	it('are good for two hours, and not for another address or ID', () => {
		const tokens = make();
		const issued = tokens.issue(from, wallMs);
		const elsewhere = { ...from, address: '192.0.2.8' };
		expect(tokens.check(init(issued), elsewhere, wallMs)).to.equal(undefined);
		const otherId = init({ ...issued, serverId: randomBytes(8) });
		expect(tokens.check(otherId, from, wallMs)).to.equal(undefined);
		expect(
			tokens.check(init(issued), from, wallMs + 7_200_000),
		).to.be.instanceOf(Buffer);
		expect(tokens.check(init(issued), from, wallMs + 7_200_001)).to.equal(
			undefined,
		);
	});

	it('are worth nothing at another node, and each has a secret of its own', () => {
		const tokens = make();
		const issued = tokens.issue(from, wallMs);
		const sibling = make(randomBytes(32));
		expect(sibling.check(init(issued), from, wallMs)).to.equal(undefined);
		expect(tokens.issue(from, wallMs).secret).not.to.deep.equal(issued.secret);
		expect(issued.token.includes(issued.secret.subarray(0, 8))).to.equal(false);
	});

	it('a RETRY token is none of them, and none of them a RETRY token', () => {
		const retry = new RetryTokens(randomBytes, 0);
		const tokens = make();
		expect(
			tokens.check(init(retry.issue(question, from, wallMs)), from, wallMs),
		).to.equal(undefined);
		expect(retry.isValid(init(tokens.issue(from, 0)), from, 0)).to.equal(false);
	});

	it('stop being taken, rather than growing the memory of what was spent', () => {
		const tokens = make();
		let taken = 0;
		for (let i = 0; i < 17_000; i++) {
			const one = init(tokens.issue(from, wallMs));
			if (tokens.check(one, from, wallMs)) {
				tokens.spend(one);
				taken++;
			}
		}
		expect(taken).to.equal(16_384);
	});
});

describe('reset tokens', () => {
	it("hang on the node's secret and the ID", () => {
		const token = (secret: number, id: number) =>
			resetTokenFor(Buffer.alloc(32, secret), Buffer.alloc(8, id)).toString(
				'hex',
			);
		expect(token(1, 1)).to.equal(token(1, 1)).and.have.lengthOf(32);
		expect(new Set([token(1, 1), token(1, 2), token(2, 1)]).size).to.equal(3);
	});
});
