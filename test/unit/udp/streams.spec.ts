import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { expect } from 'chai';

import { ReceiveStream } from '../../../src/transports/udp/connection/receive-stream.js';
import { SendStream } from '../../../src/transports/udp/connection/send-stream.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { freshSeed } from '../../support/udp-pair.js';

const WINDOW = 64 * 1024;

describe('the sending half of a stream', () => {
	it('puts many small writes into one segment', () => {
		const stream = new SendStream(WINDOW);
		for (let i = 0; i < 100; i++) {
			stream.write(Buffer.from('0123456789'));
		}
		expect(stream.cut(1162).data.toString()).to.equal('0123456789'.repeat(100));
		expect(stream.hasNew).to.equal(false);
	});

	it('stops at the limit that the receiver gave, and says that it is blocked', () => {
		const stream = new SendStream(10);
		stream.write(Buffer.alloc(25));
		expect(stream.cut(100).data).to.have.lengthOf(10);
		expect(stream).to.include({ hasNew: false, blocked: true });
		stream.limit = 12;
		expect(stream.cut(100).data).to.have.lengthOf(2);
	});

	it('counts what is buffered until it is acknowledged, each segment once', () => {
		const stream = new SendStream(WINDOW);
		stream.write(Buffer.alloc(2000));
		const segment = stream.cut(1000);
		segment.copies = 2;
		expect(stream.bufferedBytes).to.equal(2000);
		stream.onAcknowledged(segment);
		stream.onAcknowledged(segment);
		expect(stream.bufferedBytes).to.equal(1000);
	});

	it('sends a lost segment again only when no other copy is in flight', () => {
		const stream = new SendStream(WINDOW);
		stream.write(Buffer.alloc(1000));
		const segment = stream.cut(1000);
		segment.copies = 2;
		stream.onLost(segment);
		expect(stream.toResend).to.equal(undefined);
		stream.onLost(segment);
		expect(stream.toResend).to.equal(segment);
	});

	it('sends lost segments again in the order of the stream, and none that arrived meanwhile', () => {
		const stream = new SendStream(WINDOW);
		stream.write(Buffer.alloc(3000));
		const [a, b, c] = [stream.cut(1000), stream.cut(1000), stream.cut(1000)];
		for (const segment of [c, a, b]) {
			segment.copies = 1;
			stream.onLost(segment);
		}
		expect(stream.toResend).to.equal(a);
		a.copies = 1;
		stream.onAcknowledged(a);
		expect(stream.toResend).to.equal(b);
	});

	it('is done when its end is acknowledged, also an end without bytes', () => {
		const stream = new SendStream(WINDOW);
		stream.write(Buffer.alloc(10));
		const first = stream.cut(100);
		stream.finish();
		const last = stream.cut(100);
		expect(last).to.deep.include({ offset: 10, fin: true });
		stream.onAcknowledged(last);
		expect(stream.done).to.equal(false);
		stream.onAcknowledged(first);
		expect(stream.done).to.equal(true);
	});
});

describe('the receiving half of a stream', () => {
	it('puts segments in order, whichever way they come', () => {
		const seed = freshSeed();
		const random = seededRandom(seed);
		const whole = Buffer.from(
			Array.from({ length: 20_000 }, (_, i) => i % 251),
		);
		const segments: Array<{ offset: number; data: Buffer; fin: boolean }> = [];
		for (let offset = 0; offset < whole.length;) {
			const end = Math.min(
				whole.length,
				offset + 1 + Math.floor(random() * 500),
			);
			segments.push({
				offset,
				data: whole.subarray(offset, end),
				fin: end === whole.length,
			});
			offset = end;
		}
		const copies = [...segments, ...segments].map((segment) => ({
			segment,
			key: random(),
		}));
		copies.sort((a, b) => a.key - b.key);
		const stream = new ReceiveStream(WINDOW);
		const read: Buffer[] = [];
		for (const { segment } of copies) {
			expect(
				stream.receive(segment.offset, segment.data, segment.fin),
				`SEED=${seed}`,
			).to.equal('taken');
			const data = stream.read();
			if (data) {
				read.push(data);
			}
		}
		expect(Buffer.concat(read).equals(whole), `SEED=${seed}`).to.equal(true);
		expect(stream.complete, `SEED=${seed}`).to.equal(true);
		expect(stream.heldBytes, `SEED=${seed}`).to.equal(0);
	});

	for (const [what, offset, bytes, fin] of [
		['beyond the limit that was told', WINDOW - 5, 10, false],
		['across what was already delivered', 5, 20, false],
		['behind the end', 100, 10, false],
		['that moves the end', 20, 5, true],
	] as const) {
		it(`takes data ${what} for a breach of the rules`, () => {
			const stream = new ReceiveStream(WINDOW);
			stream.receive(0, Buffer.alloc(10), false);
			if (what !== 'beyond the limit that was told') {
				stream.receive(20, Buffer.alloc(10), true);
			}
			expect(stream.receive(offset, Buffer.alloc(bytes), fin)).to.equal(
				'violation',
			);
		});
	}

	it('takes a segment that comes again with another border for a breach of the rules', () => {
		const stream = new ReceiveStream(WINDOW);
		stream.receive(10, Buffer.alloc(10), false);
		expect(stream.receive(10, Buffer.alloc(10), false)).to.equal('taken');
		expect(stream.receive(10, Buffer.alloc(11), false)).to.equal('violation');
	});

	it('refuses to hold more than twice its window for segments that wait, the cost of each included', () => {
		const stream = new ReceiveStream(WINDOW);
		let held = 0;
		for (
			let offset = 1;
			stream.receive(offset, Buffer.alloc(1), false) === 'taken';
			offset += 2
		) {
			held++;
		}
		expect(held).to.be.within(200, 300);
		expect(stream.heldBytes).to.be.at.most(2 * WINDOW);
	});

	it('tells a new limit only when the reader has freed a quarter of the window', () => {
		const stream = new ReceiveStream(WINDOW);
		stream.receive(0, Buffer.alloc(WINDOW / 8), false);
		stream.read();
		expect(stream.limitIsStale).to.equal(false);
		stream.receive(WINDOW / 8, Buffer.alloc(WINDOW / 8), false);
		stream.read();
		expect(stream.limitIsStale).to.equal(true);
		expect(stream.tellLimit()).to.equal(WINDOW + WINDOW / 4);
		expect(stream.limitIsStale).to.equal(false);
	});
});

describe('the memory of a stream that nobody reads', () => {
	const PACKET_BYTES = 1334;
	const MB = 1024 * 1024;

	/** As a packet gives it: a few bytes of a buffer of its own. */
	const tiny = (bytes: number) =>
		Buffer.allocUnsafeSlow(PACKET_BYTES).subarray(0, bytes);
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	const heldNow = () => {
		collect();
		collect();
		const { heapUsed, arrayBuffers } = process.memoryUsage();
		return heapUsed + arrayBuffers;
	};

	it('is that of the bytes, also when each comes in a packet of its own', () => {
		const before = heldNow();
		const stream = new ReceiveStream(MB);
		for (let offset = 0; offset < MB; offset++) {
			stream.receive(offset, tiny(1), false);
		}
		expect(heldNow() - before).to.be.below(2 * MB);
		expect(stream.heldBytes).to.be.within(MB, 1.1 * MB);
		expect(stream.read()).to.have.lengthOf(MB);
		expect(stream.heldBytes).to.equal(0);
	});

	it('is charged for what it costs when segments wait for an earlier one', () => {
		const before = heldNow();
		const stream = new ReceiveStream(MB);
		for (
			let offset = 1;
			stream.receive(offset, tiny(1), false) === 'taken';
			offset += 2
		) {
			// Until it is full.
		}
		const held = heldNow() - before;
		expect(stream.heldBytes).to.be.within(1.9 * MB, 2 * MB);
		expect(held).to.be.below(stream.heldBytes);
	});
});
