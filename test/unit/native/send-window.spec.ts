import { expect } from 'chai';

import { SendWindow } from '../../../src/transports/native/send-window.js';

/** A line of so many bytes a second with a first-in-first-out queue, and so long a way there and back. */
function transfer({
	bytesPerSecond,
	roundTripMs,
	bytes,
	window = new SendWindow(),
	startMs = 0,
}: {
	bytesPerSecond: number;
	roundTripMs: number;
	bytes: number;
	window?: SendWindow;
	startMs?: number;
}) {
	const answers: Array<{ id: number; atMs: number }> = [];
	const queued: number[] = [];
	let freeAtMs = startMs;
	let left = bytes;
	for (let nowMs = startMs; ; nowMs++) {
		while (answers[0] && answers[0].atMs <= nowMs) {
			window.onAnswer(answers.shift()!.id, nowMs);
		}
		const send = (id: number | undefined) => {
			if (id !== undefined) {
				answers.push({ id, atMs: freeAtMs + roundTripMs });
			}
		};
		while (left > 0) {
			const piece = Math.min(left, window.room(), window.piece);
			if (piece === 0) {
				send(window.onFull(nowMs));
				break;
			}
			left -= piece;
			freeAtMs = Math.max(freeAtMs, nowMs) + (piece / bytesPerSecond) * 1000;
			send(window.onSent(piece, nowMs));
		}
		if (left > 0) {
			queued.push(Math.max(0, freeAtMs - nowMs));
		} else if (answers.length === 0) {
			return {
				window,
				tookMs: freeAtMs - startMs,
				/** The longest that something of ours had to wait, in the second half. */
				queueMs: longest(queued.slice(queued.length / 2)),
				firstQueueMs: longest(queued),
				endMs: nowMs,
			};
		}
	}
}

const longest = (waits: readonly number[]) =>
	waits.reduce((most, one) => Math.max(most, one), 0);

const MIB = 1024 * 1024;

describe('The window of what is under way', () => {
	for (const [what, bytesPerSecond, roundTripMs, bytes, mostQueueMs] of [
		['64 kbit/s', 8000, 50, 0.4 * MIB, 2600],
		['64 kbit/s by satellite', 8000, 600, 0.4 * MIB, 2600],
		['1 Mbit/s', 125_000, 50, 4 * MIB, 1300],
		['10 Mbit/s', 1_250_000, 100, 20 * MIB, 1300],
	] as const) {
		it(`holds the queue at about a second, and the line full, at ${what}`, () => {
			const { tookMs, queueMs } = transfer({
				...{ bytesPerSecond, roundTripMs, bytes },
			});
			expect(queueMs).to.be.at.most(mostQueueMs);
			const atBestMs = (bytes / bytesPerSecond) * 1000;
			expect(tookMs / atBestMs).to.be.at.most(1.1);
		});
	}

	it('is open within a second where the way is fast and long', () => {
		const { tookMs, window } = transfer({
			bytesPerSecond: 100 * MIB,
			roundTripMs: 100,
			bytes: 200 * MIB,
		});
		expect(window.limit).to.equal(16 * MIB);
		expect(tookMs).to.be.at.most(3200);
	});

	it('begins with no more than eight seconds at 64 kbit/s', () => {
		const { firstQueueMs } = transfer({
			...{ bytesPerSecond: 8000, roundTripMs: 50, bytes: 0.4 * MIB },
		});
		expect(firstQueueMs).to.be.at.most(8800);
	});

	it('is not taken down by somebody who sends little, and is by a line that became slow', () => {
		const window = new SendWindow();
		let nowMs = 0;
		const line = { bytesPerSecond: 10 * MIB, roundTripMs: 20, window };
		nowMs = transfer({ ...line, bytes: 20 * MIB }).endMs;
		const before = window.limit;
		for (let i = 0; i < 100; i++) {
			nowMs = transfer({ ...line, bytes: 5000, startMs: nowMs }).endMs + 1000;
		}
		expect(window.limit).to.be.at.least(before / 2);
		transfer({
			...{ bytesPerSecond: 100_000, roundTripMs: 20, window },
			...{ bytes: 20 * MIB, startMs: nowMs },
		});
		expect(window.limit).to.be.within(50_000, 200_000);
	});

	it('takes one answer for all probes before it, and no answer to a probe that never was', () => {
		const window = new SendWindow();
		const ids = [1, 2, 3].map((second) => window.onSent(16_384, second));
		window.onAnswer(99, 4);
		expect(window.works).to.equal(false);
		window.onAnswer(ids[2]!, 4);
		window.onAnswer(ids[0]!, 5);
		expect(window.works).to.equal(true);
		expect(window.room()).to.equal(window.limit);
	});
});
