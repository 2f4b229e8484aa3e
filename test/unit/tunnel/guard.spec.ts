import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';

import { VirtualClock } from '../../../src/testing/virtual-clock.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { FrameGuard } from '../../../src/tunnel/guard/frame-guard.js';
import {
	DEFAULT_LIMITS,
	type TunnelLimits,
} from '../../../src/tunnel/limits.js';
import {
	ACK,
	CONTINUATION,
	DATA,
	END_HEADERS,
	frame,
	GOAWAY,
	HEADERS,
	ids,
	NOTHING,
	PADDED,
	PING,
	PREFACE,
	RST_STREAM,
	SETTINGS,
	times,
	uint32,
	WINDOW_UPDATE,
} from '../../hostile/frames.js';

const KIB = 1024;

/** As much of a stream as the guard looks at. */
class FakeStream extends EventEmitter {
	readableFlowing: boolean | null = false;
	readableLength = 0;
	destroyed = false;

	constructor(readonly id: number) {
		super();
	}

	destroy() {
		this.destroyed = true;
		this.readableLength = 0;
	}
}

describe('The guard of frames', () => {
	let clock: VirtualClock;
	let guard: FrameGuard;
	let breaches: string[];
	let goaways: number[];

	const start = (limits: Partial<TunnelLimits> = {}) => {
		clock = new VirtualClock();
		breaches = [];
		goaways = [];
		guard = new FrameGuard({ ...DEFAULT_LIMITS, ...limits }, clock, {
			onBreach: (limit) => breaches.push(limit),
			onOwnGoaway: (code) => goaways.push(code),
		});
		guard.receive(PREFACE);
	};
	const open = (id: number, flowing: boolean | null = false) => {
		guard.receive(frame(HEADERS, END_HEADERS, id, Buffer.from('x')));
		const stream = new FakeStream(id);
		stream.readableFlowing = flowing;
		guard.unread.add(stream as unknown as ServerHttp2Stream);
		return stream;
	};
	const ping = frame(PING, 0, 0, Buffer.alloc(8));

	beforeEach(() => {
		start();
	});

	it('passes everything on, byte for byte, however it is cut', () => {
		for (let seed = 0; seed < 200; seed++) {
			start();
			const random = seededRandom(`cut ${seed}`);
			open(1, true);
			const sent = Buffer.concat([
				frame(DATA, 0, 1, Buffer.alloc(20_000, 7)),
				frame(DATA, 0, 3, Buffer.from('early')),
				ping,
				frame(DATA, PADDED, 1, Buffer.alloc(30, 1)),
				frame(DATA, 0, 3, Buffer.alloc(300, 9)),
				frame(0xbe, 0, 0, Buffer.alloc(100_000)),
				frame(SETTINGS, ACK, 0),
			]);
			const got: Buffer[] = [];
			for (let at = 0; at < sent.length;) {
				const to = at + 1 + Math.floor(random() ** 4 * 100_000);
				got.push(...guard.receive(sent.subarray(at, to)));
				at = to;
			}
			expect(Buffer.concat(got).equals(sent), `seed ${seed}`).to.equal(true);
			expect(breaches).to.deep.equal([]);
		}
	});

	for (const [what, limit, bytes, count] of [
		['PING', 'controlFrames', ping, 3000],
		['SETTINGS', 'controlFrames', frame(SETTINGS, 0, 0), 3000],
		['unknown frames', 'controlFrames', frame(0xbe, 0, 0), 3000],
		[
			'WINDOW_UPDATE',
			'controlFrames',
			frame(WINDOW_UPDATE, 0, 0, uint32(1)),
			3000,
		],
		['empty DATA', 'smallFrames', frame(DATA, 0, 1), 140_000],
		[
			'padding',
			'smallFrames',
			frame(DATA, PADDED, 1, Buffer.alloc(256, 255)),
			140_000,
		],
		['CONTINUATION', 'maxHeaderBytes', frame(CONTINUATION, 0, 1), 1],
		['headers without an end', 'maxHeaderBytes', frame(HEADERS, 0, 3), 1],
	] as const) {
		it(`is cut as soon as the node goes beyond what is allowed of ${what}`, () => {
			open(1, true);
			expect(guard.receive(times(count, bytes))).to.deep.equal([]);
			expect(breaches).to.deep.equal([limit]);
			expect(guard.receive(ping)).to.deep.equal([]);
		});
	}

	it('lets go on what stays within the rates', () => {
		open(1, true);
		for (let second = 0; second < 600; second++) {
			guard.receive(times(90, ping));
			guard.receive(times(8000, frame(DATA, 0, 1)));
			clock.advance(1000);
		}
		expect(breaches).to.deep.equal([]);
	});

	it('lets a node be that answers what it gets', () => {
		open(1, true);
		// 1 GB in DATA of 16 KiB, and two WINDOW_UPDATEs for each of them, all in one moment.
		const data = frame(DATA, 0, 1, Buffer.alloc(16 * KIB));
		const updates = times(2, frame(WINDOW_UPDATE, 0, 1, uint32(1)));
		for (let sent = 0; sent < 1e9; sent += 16 * KIB) {
			guard.send(data);
			guard.receive(updates);
		}
		// A thousand streams opened and reset, with a priority for each.
		for (const id of ids(1000, 3)) {
			open(id);
			guard.receive(frame(RST_STREAM, 0, id, uint32(8)));
		}
		expect(breaches).to.deep.equal([]);
	});

	it('is cut when it gives way by the byte, and we answer with as many frames', () => {
		open(1, true);
		const update = frame(WINDOW_UPDATE, 0, 1, uint32(1));
		const byte = frame(DATA, 0, 1, Buffer.from('x'));
		let answered = 0;
		for (; answered < 3_000_000 && breaches.length === 0; answered++) {
			guard.receive(update);
			guard.send(byte);
		}
		expect(breaches).to.deep.equal(['controlFrames']);
		expect(answered).to.be.below(250_000);
	});

	it('lets a node confirm each short frame of ours, thousands in a second', () => {
		open(1, true);
		const update = frame(WINDOW_UPDATE, 0, 1, uint32(100));
		const data = frame(DATA, 0, 1, Buffer.alloc(100));
		for (let second = 0; second < 60; second++) {
			for (let i = 0; i < 4000; i++) {
				guard.send(data);
				guard.receive(update);
			}
			clock.advance(1000);
		}
		expect(breaches).to.deep.equal([]);
	});

	describe('while SETTINGS wait for their acknowledgement', () => {
		const MIB = 1024 * KIB;
		const settings = frame(SETTINGS, 0, 0);
		const acknowledgement = frame(SETTINGS, ACK, 0);
		const receiveData = (bytes: number) => {
			const data = frame(DATA, 0, 1, Buffer.alloc(16 * KIB));
			for (let got = 0; got < bytes; got += 16 * KIB) {
				guard.receive(data);
			}
		};

		it('takes as much as a node can send that does not know of them', () => {
			open(1, true);
			for (let turn = 0; turn < 100; turn++) {
				guard.send(settings);
				receiveData(4 * MIB);
				guard.receive(acknowledgement);
			}
			receiveData(100 * MIB);
			expect(breaches).to.deep.equal([]);
		});

		it('is cut when the node goes on without it', () => {
			open(1, true);
			guard.send(Buffer.concat([settings, settings]));
			guard.receive(acknowledgement);
			receiveData(17 * MIB);
			expect(breaches).to.deep.equal(['maxUnacknowledgedBytes']);
		});

		it('does not mind an acknowledgement that is seen before them', () => {
			open(1, true);
			guard.receive(acknowledgement);
			guard.send(settings);
			receiveData(100 * MIB);
			expect(breaches).to.deep.equal([]);
		});
	});

	describe('with data for streams that are gone', () => {
		const late = (id: number, bytes: number) => {
			for (let sent = 0; sent < bytes; sent += 16 * KIB) {
				guard.receive(frame(DATA, 0, id, Buffer.alloc(16 * KIB)));
			}
		};
		const resetByUs = (id: number, data: number) => {
			const stream = open(id, true);
			late(id, data);
			guard.send(frame(RST_STREAM, 0, id, uint32(2)));
			guard.unread.remove(stream as unknown as ServerHttp2Stream);
		};

		it('takes a window of it for each upload that a service broke off', () => {
			for (const id of ids(200)) {
				resetByUs(id, 64 * KIB);
				late(id, 1024 * KIB);
			}
			expect(breaches).to.deep.equal([]);
		});

		it('is cut when a node sends on to what was refused', () => {
			let taken = 0;
			for (const id of ids(200)) {
				resetByUs(id, 0);
				late(id, 1024 * KIB);
				taken += breaches.length === 0 ? 1 : 0;
			}
			expect(breaches).to.deep.equal(['lateData']);
			expect(taken).to.be.within(5, 12);
		});

		it('counts what came for a request before it was refused', () => {
			for (const id of ids(20)) {
				const stream = open(id);
				stream.readableLength = 1024 * KIB;
				guard.unread.refuse(stream as unknown as ServerHttp2Stream);
			}
			expect(breaches).to.deep.equal(['lateData']);
		});

		it('is cut when a node fills more windows than there are, which takes no accident', () => {
			let resets = 0;
			for (const id of ids(200)) {
				open(id, true);
				late(id, 64 * KIB);
				guard.send(frame(RST_STREAM, 0, id, uint32(3)));
				resets += breaches.length === 0 ? 1 : 0;
			}
			expect(breaches).to.deep.equal(['controlFrames']);
			expect(resets).to.be.within(10, 20);
		});

		it('is cut when there is no end of it', () => {
			resetByUs(1, 64 * KIB);
			for (let i = 0; i < 10 && breaches.length === 0; i++) {
				late(1, 1024 * KIB);
			}
			expect(breaches).to.deep.equal(['lateData']);
		});
	});

	it('ends a link whose node has streams cut again and again', () => {
		start({ maxBufferedBytes: 64 * KIB });
		let cut = 0;
		for (const id of ids(1100)) {
			const stream = open(id);
			stream.readableLength = 128 * KIB;
			guard.receive(frame(DATA, 0, id, Buffer.alloc(16 * KIB)));
			guard.receive(times(4, frame(DATA, 0, id, Buffer.alloc(16 * KIB))));
			// What the library does then.
			guard.send(frame(RST_STREAM, 0, id, uint32(8)));
			cut += breaches.length === 0 ? 1 : 0;
		}
		expect(breaches).to.deep.equal(['maxBufferedBytes']);
		expect(cut).to.equal(125);
	});

	it('tells of a GOAWAY of our own with an error, and of none without', () => {
		const goaway = (code: number) =>
			frame(
				GOAWAY,
				0,
				0,
				Buffer.concat([uint32(0), uint32(code), Buffer.from('why')]),
			);
		guard.send(Buffer.concat([ping, goaway(0), ping]));
		expect(goaways).to.deep.equal([]);
		const bytes = Buffer.concat([goaway(6), ping]);
		guard.send(bytes.subarray(0, 12));
		guard.send(bytes.subarray(12));
		expect(goaways).to.deep.equal([6]);
	});

	it('resets the stream that holds the most, and leaves the others alone', () => {
		start({ maxBufferedBytes: 1024 * KIB });
		const light = open(1);
		const heavy = open(3);
		const one = frame(DATA, 0, 3, Buffer.from('x'));
		for (let i = 0; i < 2000 && !heavy.destroyed; i++) {
			light.readableLength = 1000;
			heavy.readableLength++;
			guard.receive(one);
		}
		expect(heavy.destroyed).to.equal(true);
		expect(heavy.readableLength).to.equal(0);
		expect(light.destroyed).to.equal(false);
		expect(breaches).to.deep.equal([]);
	});

	it('passes data that will lie unread on as a piece of its own', () => {
		open(1);
		const message = Buffer.concat([
			frame(DATA, 0, 1, Buffer.from('kept')),
			frame(0xbe, 0, 0, Buffer.alloc(60_000)),
		]);
		const pieces = guard.receive(message).map((piece) => piece.toString());
		expect(pieces).to.include('kept');
	});

	it('charges data that comes before its stream has opened', () => {
		start({ maxStreams: 10 });
		guard.receive(
			Buffer.concat(ids(20).map((id) => frame(DATA, 0, id, NOTHING))),
		);
		guard.receive(
			Buffer.concat(ids(20).map((id) => frame(DATA, 0, id, Buffer.from('x')))),
		);
		expect(breaches).to.deep.equal(['maxStreams']);
	});
});
