/* eslint-disable no-bitwise -- bits are turned on purpose */
import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import {
	NewTokens,
	RetryTokens,
	lastingSecret,
	resetTokenFor,
} from '../../../src/transports/udp/node/tokens.js';
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

	it('are good for ten seconds', () => {
		const tokens = new RetryTokens(randomBytes, 0);
		const issued = tokens.issue(question, from, 500);
		expect(tokens.isValid(init(issued), from, 10_500)).to.equal(true);
		expect(tokens.isValid(init(issued), from, 10_501)).to.equal(false);
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
	const secret = lastingSecret('a TLS key');
	const wallMs = Date.UTC(2026, 0, 1);

	it('are good for the same IP address, from any port, also after a restart', () => {
		const issued = new NewTokens(secret, randomBytes).issue(from, wallMs);
		const restarted = new NewTokens(lastingSecret('a TLS key'), randomBytes);
		expect(
			restarted.spend(init(issued), { ...from, port: 1 }, wallMs + 3_600_000),
		).to.equal(true);
	});

	it('are good once', () => {
		const tokens = new NewTokens(secret, randomBytes);
		const issued = tokens.issue(from, wallMs);
		expect(tokens.spend(init(issued), from, wallMs)).to.equal(true);
		expect(tokens.spend(init(issued), from, wallMs)).to.equal(false);
		expect(tokens.spend(init(issued), from, wallMs + 3_600_000)).to.equal(
			false,
		);
	});

	it('are good for two hours, and not for another address, ID or key', () => {
		const tokens = new NewTokens(secret, randomBytes);
		const issued = tokens.issue(from, wallMs);
		expect(
			tokens.spend(init(issued), { ...from, address: '192.0.2.8' }, wallMs),
		).to.equal(false);
		expect(
			tokens.spend(init({ ...issued, serverId: randomBytes(8) }), from, wallMs),
		).to.equal(false);
		expect(
			new NewTokens(lastingSecret('another'), randomBytes).spend(
				init(issued),
				from,
				wallMs,
			),
		).to.equal(false);
		expect(tokens.spend(init(issued), from, wallMs + 7_200_001)).to.equal(
			false,
		);
		expect(tokens.spend(init(issued), from, wallMs + 7_200_000)).to.equal(true);
	});

	it('a RETRY token is none of them, and none of them a RETRY token', () => {
		const retry = new RetryTokens(randomBytes, 0);
		const tokens = new NewTokens(secret, randomBytes);
		expect(
			tokens.spend(init(retry.issue(question, from, wallMs)), from, wallMs),
		).to.equal(false);
		expect(retry.isValid(init(tokens.issue(from, 0)), from, 0)).to.equal(false);
	});

	it('stop being taken, rather than growing the memory of what was spent', () => {
		const tokens = new NewTokens(secret, randomBytes);
		let taken = 0;
		for (let i = 0; i < 17_000; i++) {
			taken += tokens.spend(init(tokens.issue(from, wallMs)), from, wallMs)
				? 1
				: 0;
		}
		expect(taken).to.equal(16_384);
	}).timeout(30_000);
});

describe('reset tokens', () => {
	it('hang on the key and the ID', () => {
		const token = (key: string, byte: number) =>
			resetTokenFor(lastingSecret(key), Buffer.alloc(8, byte)).toString('hex');
		expect(token('a', 1)).to.equal(token('a', 1)).and.have.lengthOf(32);
		expect(
			new Set([token('a', 1), token('a', 2), token('b', 1)]).size,
		).to.equal(3);
	});
});
