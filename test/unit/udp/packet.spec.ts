import { expect } from 'chai';

import {
	MAX_DATAGRAM_BYTES,
	VERSION,
} from '../../../src/transports/udp/wire/limits.js';
import {
	decodeAnswer,
	decodeHello,
	decodeReset,
	encodeAnswer,
	encodeHello,
	encodeReset,
} from '../../../src/transports/udp/wire/keyless.js';
import {
	decodeProtected,
	destinationOf,
	idKey,
	SHORTEST_SHORT_BYTES,
	writeHandshakeHeader,
	writeInitHeader,
	writeShortHeader,
} from '../../../src/transports/udp/wire/packet.js';

const id = (byte: number) => Buffer.alloc(8, byte);
const clientId = id(1);
const serverId = id(2);
const nonce = id(3);
const token = Buffer.alloc(23, 4);

describe('UDP packets', () => {
	it('a HELLO is as large as a datagram may be, and a shorter one is none', () => {
		const hello = encodeHello(clientId, nonce);
		expect(hello).to.have.lengthOf(MAX_DATAGRAM_BYTES);
		expect(decodeHello(hello)).to.deep.equal({
			version: VERSION,
			clientId,
			nonce,
		});
		expect(decodeHello(hello.subarray(1))).to.equal(undefined);
		expect(decodeHello(Buffer.concat([hello, Buffer.alloc(1)]))).to.equal(
			undefined,
		);
	});

	it('a RETRY is read as it was written', () => {
		const retry = { type: 'retry', clientId, serverId, nonce, token } as const;
		expect(decodeAnswer(encodeAnswer(retry))).to.deep.equal(retry);
	});

	it('a RETRY whose token is cut short, or longer than any may be, is none', () => {
		const retry = encodeAnswer({
			type: 'retry',
			clientId,
			serverId,
			nonce,
			token,
		});
		expect(decodeAnswer(retry.subarray(0, -1))).to.equal(undefined);
		const long = encodeAnswer({
			type: 'retry',
			clientId,
			serverId,
			nonce,
			token: Buffer.alloc(65),
		});
		expect(decodeAnswer(long)).to.equal(undefined);
	});

	it('a BUSY has at most 40 bytes and tells whole seconds, rounded up', () => {
		const busy = encodeAnswer({
			type: 'busy',
			clientId,
			nonce,
			retryAfterSeconds: 2.2,
		});
		expect(busy.length).to.be.at.most(40);
		expect(decodeAnswer(busy)).to.deep.equal({
			type: 'busy',
			clientId,
			nonce,
			retryAfterSeconds: 3,
		});
	});

	it('a VERSION is read whatever version it says it is of', () => {
		const version = encodeAnswer({
			type: 'version',
			clientId,
			nonce,
			versions: [1, 7],
		});
		version[1] = 99;
		expect(decodeAnswer(version)).to.deep.equal({
			type: 'version',
			clientId,
			nonce,
			versions: [1, 7],
		});
	});

	it('an answer of another version is not understood', () => {
		const busy = encodeAnswer({
			type: 'busy',
			clientId,
			nonce,
			retryAfterSeconds: 1,
		});
		busy[1] = 1;
		expect(decodeAnswer(busy)).to.equal(undefined);
	});

	it('a RESET is smaller than the shortest packet that can ask for one', () => {
		const reset = encodeReset(serverId, Buffer.alloc(16, 9));
		expect(reset.length).to.be.below(SHORTEST_SHORT_BYTES);
		expect(decodeReset(reset)).to.deep.equal({
			serverId,
			proof: Buffer.alloc(16, 9),
		});
		expect(decodeReset(Buffer.concat([reset, Buffer.alloc(1)]))).to.equal(
			undefined,
		);
	});

	it('protected packets name the ID that they are for', () => {
		const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES);
		writeShortHeader(datagram, serverId, 5, { ackNow: true, keyPhase: 1 });
		expect(destinationOf(datagram)).to.equal(idKey(serverId));
		expect(decodeProtected(datagram)).to.include({
			type: 'short',
			packetNumber: 5,
			ackNow: true,
			keyPhase: 1,
		});
		writeHandshakeHeader(datagram, clientId, serverId, 6);
		expect(destinationOf(datagram)).to.equal(idKey(clientId));
		expect(decodeProtected(datagram)).to.include({
			type: 'handshake',
			packetNumber: 6,
		});
		writeInitHeader(datagram, { clientId, serverId, nonce, token }, 0xfffffffe);
		expect(destinationOf(datagram)).to.equal(idKey(serverId));
		expect(decodeProtected(datagram)).to.deep.include({
			type: 'init',
			packetNumber: 0xfffffffe,
			clientId,
			serverId,
			nonce,
			token,
		});
	});

	it('an INIT shorter than the smallest size is none: its answer may be larger than it', () => {
		const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES);
		writeInitHeader(datagram, { clientId, serverId, nonce, token }, 0);
		expect(decodeProtected(datagram.subarray(0, 952))).to.be.an('object');
		expect(decodeProtected(datagram.subarray(0, 951))).to.equal(undefined);
	});

	it('nothing larger than a datagram may be is read', () => {
		const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES + 1);
		writeShortHeader(datagram, serverId, 5);
		expect(decodeProtected(datagram)).to.equal(undefined);
	});

	it('no prefix of any packet throws', () => {
		const datagram = Buffer.alloc(MAX_DATAGRAM_BYTES);
		writeInitHeader(datagram, { clientId, serverId, nonce, token }, 0);
		const whole = [
			datagram,
			encodeHello(clientId, nonce),
			encodeAnswer({ type: 'retry', clientId, serverId, nonce, token }),
			encodeReset(serverId, Buffer.alloc(16)),
		];
		for (const packet of whole) {
			for (let length = 0; length <= 120; length++) {
				const cut = packet.subarray(0, length);
				for (const decode of [
					decodeHello,
					decodeAnswer,
					decodeProtected,
					decodeReset,
					destinationOf,
				]) {
					expect(() => decode(cut)).not.to.throw();
				}
			}
		}
	});
});
