import { expect } from 'chai';

import type { Range } from '../../../src/transports/udp/wire/frames.js';
import { decodeFrames } from '../../../src/transports/udp/wire/decode-frames.js';
import {
	ackBytes,
	closeFrame,
	keyConfirmFrame,
	newTokenFrame,
	pathFrame,
	PING,
	writeAck,
	writeStream,
} from '../../../src/transports/udp/wire/encode-frames.js';

const decode = (bytes: Buffer) => decodeFrames(bytes);

function ack(ranges: Range[], delayMs = 1.5, limit = 123_456_789_012) {
	const bytes = Buffer.alloc(ackBytes(Math.min(ranges.length, 16)));
	expect(writeAck(bytes, 0, ranges, delayMs, limit)).to.equal(bytes.length);
	return bytes;
}

const SECRET = Buffer.alloc(16, 3);

describe('UDP frames', () => {
	it('an ACK carries its ranges, its delay and the receive limit', () => {
		const ranges = [
			{ low: 9, high: 12 },
			{ low: 7, high: 7 },
			{ low: 0, high: 2 },
		];
		expect(decode(ack(ranges))).to.deep.equal([
			{ type: 'ack', ranges, delayMs: 1.5, limit: 123_456_789_012 },
		]);
	});

	it('an ACK tells the newest 16 ranges', () => {
		const ranges = Array.from({ length: 40 }, (_, i) => ({
			low: 400 - 4 * i,
			high: 401 - 4 * i,
		}));
		const [frame] = decode(ack(ranges))!;
		expect(frame)
			.to.have.property('ranges')
			.that.deep.equals(ranges.slice(0, 16));
	});

	for (const [what, ranges] of [
		[
			'that are out of order',
			[
				{ low: 1, high: 2 },
				{ low: 9, high: 12 },
			],
		],
		[
			'that overlap',
			[
				{ low: 5, high: 9 },
				{ low: 3, high: 5 },
			],
		],
		[
			'that touch',
			[
				{ low: 5, high: 9 },
				{ low: 3, high: 4 },
			],
		],
		['that run backwards', [{ low: 9, high: 5 }]],
	] as const) {
		it(`an ACK with ranges ${what} is malformed`, () => {
			expect(decode(ack([...ranges]))).to.equal(undefined);
		});
	}

	it('an ACK without ranges is malformed', () => {
		expect(decode(ack([]))).to.equal(undefined);
	});

	it('a STREAM frame carries offset, bytes and the end', () => {
		const data = Buffer.from('hello');
		const bytes = Buffer.alloc(14);
		writeStream(bytes, 0, 2 ** 40, data, true);
		expect(decode(bytes)).to.deep.equal([
			{ type: 'stream', offset: 2 ** 40, data, fin: true },
		]);
	});

	it('a STREAM frame without bytes is well formed only as the end', () => {
		const bytes = Buffer.alloc(9);
		writeStream(bytes, 0, 5, Buffer.alloc(0), true);
		expect(decode(bytes)).to.have.lengthOf(1);
		writeStream(bytes, 0, 5, Buffer.alloc(0), false);
		expect(decode(bytes)).to.equal(undefined);
	});

	it('control frames are read as they were written, whatever stands around them', () => {
		const eight = Buffer.from('8 bytes!');
		const bytes = Buffer.concat([
			Buffer.alloc(3),
			PING,
			pathFrame('path-challenge', eight),
			pathFrame('path-response', eight),
			newTokenFrame({
				serverId: eight,
				secret: SECRET,
				token: Buffer.from('token'),
			}),
			keyConfirmFrame(Buffer.alloc(16, 7)),
			Buffer.alloc(1),
			closeFrame(4),
		]);
		expect(decode(bytes)).to.deep.equal([
			{ type: 'ping' },
			{ type: 'path-challenge', data: eight },
			{ type: 'path-response', data: eight },
			{
				type: 'new-token',
				serverId: eight,
				secret: SECRET,
				token: Buffer.from('token'),
			},
			{ type: 'key-confirm', resetToken: Buffer.alloc(16, 7) },
			{ type: 'close', code: 4 },
		]);
	});

	it('a frame that is cut short anywhere spoils the packet, without a throw', () => {
		const eight = Buffer.from('8 bytes!');
		const stream = Buffer.alloc(14);
		writeStream(stream, 0, 0, Buffer.from('hello'), false);
		for (const frame of [
			ack([{ low: 1, high: 2 }]),
			stream,
			pathFrame('path-challenge', eight),
			newTokenFrame({
				serverId: eight,
				secret: SECRET,
				token: Buffer.from('token'),
			}),
			keyConfirmFrame(Buffer.alloc(16)),
			closeFrame(1),
		]) {
			for (let length = 1; length < frame.length; length++) {
				expect(
					decode(Buffer.concat([PING, frame.subarray(0, length)])),
				).to.equal(undefined);
			}
		}
	});

	it('an unknown frame spoils the packet', () => {
		expect(decode(Buffer.concat([PING, Buffer.of(0x0a)]))).to.equal(undefined);
	});
});
