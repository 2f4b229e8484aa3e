import { expect } from 'chai';

import { Paths } from '../../../src/transports/udp/connection/paths.js';

const A = { address: '10.0.0.1', port: 1 };
const B = { address: '10.0.0.1', port: 2 };
const C = { address: '10.9.9.9', port: 3 };
const D = { address: '10.8.8.8', port: 4 };

function make() {
	let count = 0;
	const paths = new Paths(A, () => Buffer.alloc(8, ++count));
	const challenges = (nowMs = 0) => {
		const asked = [];
		for (
			let next = paths.next(nowMs, 100);
			next;
			next = paths.next(nowMs, 100)
		) {
			asked.push({ to: next.to, data: next.frame.subarray(1) });
		}
		return asked;
	};
	return { paths, challenges };
}

describe('paths', () => {
	it('a datagram from a new address starts a validation only with the largest number so far', () => {
		const { paths, challenges } = make();
		paths.onAuthentic(B, 100, false, 0);
		expect(challenges()).to.deep.equal([]);
		paths.onAuthentic(B, 100, true, 0);
		expect(challenges().map(({ to }) => to)).to.deep.equal([A, B]);
		expect(paths.active).to.equal(A);
	});

	it('an answer from the new address, with its own challenge, moves the connection', () => {
		const { paths, challenges } = make();
		paths.onAuthentic(B, 100, true, 0);
		const asked = challenges().find(({ to }) => to === B)!;
		expect(paths.onResponse(Buffer.alloc(8, 99), B)).to.equal(undefined);
		expect(paths.onResponse(asked.data, C)).to.equal(undefined);
		expect(paths.active).to.equal(A);
		expect(paths.onResponse(asked.data, B)).to.equal(A);
		expect(paths.active).to.equal(B);
	});

	it('nobody has moved while the old address answers', () => {
		const { paths, challenges } = make();
		paths.onAuthentic(C, 1000, true, 0);
		const [old, copied] = challenges();
		paths.onResponse(old!.data, A);
		expect(paths.onResponse(copied!.data, C)).to.equal(undefined);
		expect(paths.active).to.equal(A);
	});

	it('to an address that has not answered go at most three times the bytes that came from there', () => {
		const { paths } = make();
		paths.onAuthentic(B, 100, true, 0);
		expect(paths.allow(B, 200)).to.equal(true);
		expect(paths.allow(B, 101)).to.equal(false);
		expect(paths.allow(B, 100)).to.equal(true);
		expect(paths.allow(B, 1)).to.equal(false);
		paths.onAuthentic(B, 10, false, 0);
		expect(paths.allow(B, 30)).to.equal(true);
		expect(paths.allow(D, 1)).to.equal(false);
	});

	it('a new address is asked three times, ever more seldom, and then forgotten', () => {
		const { paths, challenges } = make();
		paths.onAuthentic(B, 100, true, 0);
		challenges();
		expect(paths.deadlineMs).to.equal(100);
		expect(challenges(100).map(({ to }) => to)).to.deep.equal([B]);
		expect(challenges(300).map(({ to }) => to)).to.deep.equal([B]);
		expect(challenges(700)).to.deep.equal([]);
		expect(paths.deadlineMs).to.equal(Infinity);
	});

	it('at most three addresses are asked at a time', () => {
		const { paths, challenges } = make();
		for (let port = 10; port < 30; port++) {
			paths.onAuthentic({ address: '10.1.1.1', port }, 100, true, 0);
		}
		expect(challenges().filter(({ to }) => to !== A)).to.have.lengthOf(3);
	});

	it('a challenge is answered to where it came from', () => {
		const { paths, challenges } = make();
		paths.onChallenge(Buffer.from('8 bytes!'), C);
		expect(challenges()).to.deep.equal([
			{ to: C, data: Buffer.from('8 bytes!') },
		]);
	});
});
