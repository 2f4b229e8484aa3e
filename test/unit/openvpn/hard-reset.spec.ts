import { expect } from 'chai';

import {
	LONGEST_ANSWER,
	firstPacket,
	framed,
	hardReset,
	isAnswer,
} from '../../../src/transports/openvpn/hard-reset.js';

const OURS = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]);
const THEIRS = Buffer.alloc(8, 0xaa);

function answer({
	opcode = 8,
	acks = 1,
	to = OURS,
}: Partial<{ opcode: number; acks: number; to: Uint8Array }> = {}) {
	return Buffer.concat([
		Buffer.from([opcode << 3]), // eslint-disable-line no-bitwise
		THEIRS,
		Buffer.from([acks]),
		Buffer.alloc(4 * acks),
		...(acks > 0 ? [to] : []),
		Buffer.alloc(4),
	]);
}

describe('the hard reset', () => {
	it('is fourteen bytes: opcode 7, our session, no acks, packet 0', () => {
		expect(hardReset(OURS).toString('hex')).to.equal(
			'3801020304050607080000000000',
		);
		expect(framed(hardReset(OURS)).subarray(0, 2).toString('hex')).to.equal(
			'000e',
		);
	});

	it('is answered by opcode 8 that acknowledges our session', () => {
		expect(isAnswer(answer(), OURS)).to.equal(true);
		expect(isAnswer(answer({ acks: 2 }), OURS)).to.equal(true);
	});

	it('is not answered by anything else', () => {
		expect(isAnswer(answer({ opcode: 7 }), OURS)).to.equal(false);
		expect(isAnswer(answer({ acks: 0 }), OURS)).to.equal(false);
		expect(isAnswer(answer({ to: THEIRS }), OURS)).to.equal(false);
		expect(isAnswer(answer({ acks: 255 }).subarray(0, 20), OURS)).to.equal(
			false,
		);
		for (let length = 0; length < 22; length++) {
			expect(
				isAnswer(answer().subarray(0, length), OURS),
				`${length} bytes`,
			).to.equal(false);
		}
	});
});

describe('firstPacket', () => {
	const stream = framed(answer());

	it('waits until the packet is whole', () => {
		for (let length = 0; length < stream.length; length++) {
			expect(firstPacket(stream.subarray(0, length))).to.equal(undefined);
		}
		expect(firstPacket(stream)).to.deep.equal(answer());
	});

	it('leaves what comes after it', () => {
		expect(firstPacket(Buffer.concat([stream, stream]))).to.deep.equal(
			answer(),
		);
	});

	it('takes no length that the answer cannot have', () => {
		expect(firstPacket(Buffer.from('HTTP/1.1 400'))).to.equal('malformed');
		expect(firstPacket(Buffer.from([0, 0]))).to.equal('malformed');
		expect(firstPacket(Buffer.from([0, LONGEST_ANSWER + 1]))).to.equal(
			'malformed',
		);
	});
});
