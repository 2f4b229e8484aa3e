/* eslint-disable no-bitwise -- bits are turned on purpose */
import { createHmac, randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { Epochs } from '../../../src/transports/udp/connection/epochs.js';
import {
	exportedKeys,
	handshakeKeys,
	isAuthentic,
	PacketKey,
	seal,
} from '../../../src/transports/udp/wire/keys.js';

const id = (byte: number) => Buffer.alloc(8, byte);
const token = Buffer.alloc(23, 3);
const handshake = (role: 'client' | 'server') =>
	handshakeKeys(role, id(1), id(2), token);
const sealed = (epochs: Epochs) =>
	seal(epochs.sealKey, Buffer.alloc(100, 7), 60);

function pair() {
	const client = new Epochs('client', handshake('client'));
	const server = new Epochs('server', handshake('server'));
	const exported = randomBytes(64);
	return { client, server, exported };
}

/** What tells keys apart. */
const mark = (key: PacketKey) => key.tag(Buffer.alloc(1), 1);

describe('keys and epochs', () => {
	it('the tag is HMAC-SHA-256, cut to 16 bytes, for packets of every length', () => {
		const secret = randomBytes(32);
		for (const length of [1, 55, 56, 64, 1183, 1184]) {
			const packet = randomBytes(1200);
			const hmac = createHmac('sha256', secret)
				.update(packet.subarray(0, length))
				.digest();
			const whole = seal(new PacketKey(secret), packet, length);
			expect(whole.subarray(length)).to.deep.equal(hmac.subarray(0, 16));
		}
	});

	it('each direction has its own key, in both epochs', () => {
		for (const keysOf of [
			handshake,
			(role: 'client' | 'server') =>
				exportedKeys(
					role,
					Buffer.from(Array.from({ length: 64 }, (_, i) => i)),
				),
		]) {
			const client = keysOf('client');
			const server = keysOf('server');
			expect(mark(client.seal)).to.equal(mark(server.open));
			expect(mark(client.open)).to.equal(mark(server.seal));
			expect(mark(client.seal)).not.to.equal(mark(client.open));
		}
	});

	it('the keys of epoch 0 hang on both IDs and the token', () => {
		const key = (...parts: [Buffer, Buffer, Buffer]) =>
			mark(handshakeKeys('client', ...parts).seal);
		const reference = key(id(1), id(2), token);
		expect(key(id(9), id(2), token)).not.to.equal(reference);
		expect(key(id(1), id(9), token)).not.to.equal(reference);
		expect(key(id(1), id(2), Buffer.alloc(23, 9))).not.to.equal(reference);
	});

	it('a tag covers every byte', () => {
		const keys = handshake('client');
		const datagram = seal(keys.seal, Buffer.alloc(100, 7), 60);
		expect(datagram).to.have.lengthOf(76);
		expect(isAuthentic(keys.seal, datagram)).to.equal(true);
		for (let i = 0; i < datagram.length; i++) {
			datagram[i]! ^= 0x10;
			expect(isAuthentic(keys.seal, datagram)).to.equal(false);
			datagram[i]! ^= 0x10;
		}
	});

	it('the server sends under epoch 1 as soon as TLS is done, the client once it has heard the server do so', () => {
		const { client, server, exported } = pair();
		client.secure(exported);
		expect(client.sendsConfirmed).to.equal(false);
		server.secure(exported);
		expect(server.sendsConfirmed).to.equal(true);
		expect(client.check(sealed(server), true)).to.equal(undefined);
		expect(client).to.include({ sendsConfirmed: true, isConfirmed: true });
		expect(server.isConfirmed).to.equal(false);
		expect(server.check(sealed(client), true)).to.equal(undefined);
		expect(server.isConfirmed).to.equal(true);
	});

	it('epoch 0 is let in until the first authentic packet of epoch 1, and not after', () => {
		const { client, server, exported } = pair();
		const early = sealed(client);
		client.secure(exported);
		server.secure(exported);
		expect(server.check(early, false)).to.equal(undefined);
		client.check(sealed(server), true);
		server.check(sealed(client), true);
		expect(server.check(early, false)).to.equal('epoch');
	});

	it('a forged packet of epoch 1 changes nothing', () => {
		const { client, exported } = pair();
		expect(client.check(Buffer.alloc(60), true)).to.equal('epoch');
		client.secure(exported);
		expect(client.check(Buffer.alloc(60), true)).to.equal('mac');
		expect(client).to.include({ sendsConfirmed: false, isConfirmed: false });
	});

	it('a packet that is reflected to its sender is forged', () => {
		const { client, server, exported } = pair();
		client.secure(exported);
		server.secure(exported);
		expect(server.check(sealed(server), true)).to.equal('mac');
	});
});
