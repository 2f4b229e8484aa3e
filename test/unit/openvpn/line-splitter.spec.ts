import { expect } from 'chai';

import { seededRandom } from '../../../src/testing/seeded-random.js';
import { randomBelow } from '../../../src/runtime/index.js';
import {
	LONGEST_LINE,
	LONGEST_UNFINISHED,
	LineSplitter,
} from '../../../src/transports/openvpn/line-splitter.js';
import { transcripts } from '../../support/openvpn-transcripts.js';

const TEXT = Buffer.from('>HOLD:a\r\n\r\n>ECHO:1,schön\nSUCCESS: x\r\nrest');
const LINES = ['>HOLD:a', '', '>ECHO:1,schön', 'SUCCESS: x'];

describe('LineSplitter', () => {
	it('gives whole lines without their ends', () => {
		expect(new LineSplitter().push(TEXT)).to.deep.equal(LINES);
	});

	it('gives the same lines wherever the bytes are cut, also inside a character', () => {
		for (let cut = 0; cut <= TEXT.length; cut++) {
			const splitter = new LineSplitter();
			const lines = [
				...splitter.push(TEXT.subarray(0, cut)),
				...splitter.push(TEXT.subarray(cut)),
			];
			expect(lines, `cut at ${cut}`).to.deep.equal(LINES);
		}
	});

	it('gives the same lines from single bytes', () => {
		const splitter = new LineSplitter();
		const lines = [...TEXT].flatMap((byte) =>
			splitter.push(Buffer.from([byte])),
		);
		expect(lines).to.deep.equal(LINES);
	});

	it('gives the same lines of a whole transcript, cut at random', () => {
		const seed = process.env.SEED ?? '1';
		const random = seededRandom(seed);
		const said = transcripts('2.6.14').flatMap((transcript) => transcript.said);
		const bytes = Buffer.from(said.join('\r\n') + '\r\n');
		const splitter = new LineSplitter();
		const lines: string[] = [];
		for (let at = 0; at < bytes.length;) {
			const end = at + 1 + randomBelow(random, 200);
			lines.push(...splitter.push(bytes.subarray(at, end)));
			at = end;
		}
		expect(lines, `replay with SEED=${seed}`).to.deep.equal(said);
	});

	it('keeps a line of the greatest length, and drops and counts a longer one', () => {
		const splitter = new LineSplitter();
		const longest = 'x'.repeat(LONGEST_LINE);
		const lines = splitter.push(Buffer.from(`${longest}\n${longest}x\nnext\n`));
		expect(lines).to.deep.equal([longest, 'next']);
		expect(splitter.dropped).to.equal(1);
		expect(splitter.overflowed).to.equal(false);
	});

	it('drops a line that grows too long over many chunks', () => {
		const splitter = new LineSplitter();
		for (let i = 0; i < 5; i++) {
			expect(splitter.push(Buffer.alloc(1000, 'x'))).to.deep.equal([]);
		}
		expect(splitter.push(Buffer.from('\nnext\n'))).to.deep.equal(['next']);
		expect(splitter.dropped).to.equal(1);
	});

	it('gives up for good where no line end comes', () => {
		const splitter = new LineSplitter();
		splitter.push(Buffer.alloc(LONGEST_UNFINISHED, 'x'));
		expect(splitter.overflowed).to.equal(false);
		splitter.push(Buffer.from('x'));
		expect(splitter.overflowed).to.equal(true);
		expect(splitter.push(Buffer.from('\n>HOLD:\n'))).to.deep.equal([]);
		expect(splitter.overflowed).to.equal(true);
	});
});
