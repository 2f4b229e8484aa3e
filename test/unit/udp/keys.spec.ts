/* eslint-disable no-bitwise -- bits are turned on purpose */
import { createDecipheriv, createHmac, randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { ApplicationKeys } from '../../../src/transports/udp/connection/application-keys.js';
import {
	exportedKeys,
	handshakeKeys,
	PacketKey,
} from '../../../src/transports/udp/wire/keys.js';

const id = (byte: number) => Buffer.alloc(8, byte);
const token = Buffer.alloc(23, 3);
const handshake = (role: 'client' | 'server') =>
	handshakeKeys(role, id(1), id(2), token);

const FRAMES_AT = 13;
const FRAMES = Buffer.from('frames that nobody may read');
const packet = () => {
	const datagram = Buffer.alloc(1200, 7);
	FRAMES.copy(datagram, FRAMES_AT);
	return datagram;
};
const END = FRAMES_AT + FRAMES.length;

/** What tells keys apart. */
const mark = (key: PacketKey) =>
	key.seal(packet(), FRAMES_AT, END, 0).toString('hex');

describe('packet protection', () => {
	it('is AES-128-GCM with the packet number in the nonce and the header as associated data', () => {
		const secret = randomBytes(32);
		const derive = (what: string, bytes: number) =>
			createHmac('sha256', secret)
				.update(`cloudlink udp v3 ${what}\x01`)
				.digest()
				.subarray(0, bytes);
		for (const packetNumber of [0, 1, 0x80000001, 2 ** 32 - 1]) {
			const sealed = new PacketKey(secret).seal(
				packet(),
				FRAMES_AT,
				END,
				packetNumber,
			);
			const nonce = derive('iv', 12);
			nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ packetNumber) >>> 0, 8);
			const decipher = createDecipheriv(
				'aes-128-gcm',
				derive('key', 16),
				nonce,
			);
			decipher.setAAD(sealed.subarray(0, FRAMES_AT));
			decipher.setAuthTag(sealed.subarray(-16));
			const frames = Buffer.concat([
				decipher.update(sealed.subarray(FRAMES_AT, -16)),
				decipher.final(),
			]);
			expect(frames).to.deep.equal(FRAMES);
		}
	});

	it('hides the frames, and covers every byte', () => {
		const { seal } = handshake('client');
		const { open } = handshake('server');
		const datagram = seal.seal(packet(), FRAMES_AT, END, 5);
		expect(datagram).to.have.lengthOf(END + 16);
		expect(datagram.includes(FRAMES.subarray(0, 8))).to.equal(false);
		expect(open.open(datagram, FRAMES_AT, 5)).to.deep.equal(FRAMES);
		expect(open.open(datagram, FRAMES_AT, 6)).to.equal(undefined);
		for (let i = 0; i < datagram.length; i++) {
			datagram[i]! ^= 0x10;
			expect(open.open(datagram, FRAMES_AT, 5)).to.equal(undefined);
			datagram[i]! ^= 0x10;
		}
	});

	it('has a key for each direction, in both epochs', () => {
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

	it('hangs on both IDs and the secret in epoch 0', () => {
		const key = (...parts: [Buffer, Buffer, Buffer]) =>
			mark(handshakeKeys('client', ...parts).seal);
		const reference = key(id(1), id(2), token);
		expect(key(id(9), id(2), token)).not.to.equal(reference);
		expect(key(id(1), id(9), token)).not.to.equal(reference);
		expect(key(id(1), id(2), Buffer.alloc(23, 9))).not.to.equal(reference);
	});
});

describe('a key update', () => {
	/** Two ends, whose packets may be held back. */
	function ends(updateAfter = 4) {
		const exported = randomBytes(64);
		const client = new ApplicationKeys('client', exported, updateAfter);
		const server = new ApplicationKeys('server', exported, updateAfter);
		let packetNumber = 0;
		const send = (from: ApplicationKeys) => {
			const current = packetNumber++;
			const phase = from.sealPhase;
			const datagram = from.seal(packet(), FRAMES_AT, END, current);
			return (to: ApplicationKeys) =>
				to.open(datagram, FRAMES_AT, current, phase)?.equals(FRAMES) ?? false;
		};
		return { client, server, send };
	}

	it('comes after so many packets, and the other end follows', () => {
		const { client, server, send } = ends();
		for (let i = 0; i < 5; i++) {
			expect(send(client)(server)).to.equal(true);
		}
		expect([client.updates, server.updates]).to.deep.equal([1, 1]);
		for (let i = 0; i < 100; i++) {
			expect(send(server)(client)).to.equal(true);
			expect(send(client)(server)).to.equal(true);
		}
		expect(client.updates).to.equal(server.updates).and.be.above(10);
	});

	it('does not come again before the other end has followed', () => {
		const { client, server, send } = ends();
		for (let i = 0; i < 100; i++) {
			expect(send(client)(server)).to.equal(true);
		}
		expect(client.updates).to.equal(1);
		expect(client.sealed).to.equal(96);
	});

	it('opens what was sent before it and arrives after it', () => {
		const { client, server, send } = ends();
		const late = [send(client), send(client)];
		for (let i = 0; i < 4; i++) {
			expect(send(client)(server)).to.equal(true);
		}
		expect(server.updates).to.equal(1);
		expect(late.map((open) => open(server))).to.deep.equal([true, true]);
	});

	it('is not brought about by a packet that is forged', () => {
		const { client, server } = ends();
		const forged = Buffer.alloc(60, 9);
		expect(server.open(forged, FRAMES_AT, 100, 1)).to.equal(undefined);
		expect(server.updates).to.equal(0);
		expect(client.updates).to.equal(0);
	});
});
