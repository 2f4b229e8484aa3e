import { expect } from 'chai';

import { freshSeed, makePair } from '../../support/udp-pair.js';

const SHRINKS_AT_MS = 200;

describe('a path that has carried large datagrams', () => {
	for (const largest of [1300, 1000]) {
		for (const oneWay of [true, false]) {
			it(`and carries none above ${largest} bytes any more ends the connection, data going ${oneWay ? 'down, though PINGs go through' : 'both ways'}`, () => {
				const seed = freshSeed();
				const { network, client, server } = makePair({
					seed,
					bulkBytes: 8 * 1024 * 1024,
					oneWay,
					faults: { delayMs: 10, bytesPerMs: 10_000 },
				});
				network.filter = ({ datagram, nowMs }) =>
					nowMs < SHRINKS_AT_MS || datagram.length <= largest;
				const isOver = () =>
					client.ended !== undefined && server.ended !== undefined;
				network.run(isOver, 600_000);
				expect(client.ended, `SEED=${seed}`).not.to.equal(undefined);
				expect(network.nowMs, `SEED=${seed}`).to.be.below(90_000);
				if (oneWay) {
					expect(server.ended, `SEED=${seed}`).to.deep.equal({
						reason: 'black-hole',
					});
				}
			});
		}
	}

	it('and is out for 40 s altogether is waited for', () => {
		const seed = freshSeed();
		const { network, client, server } = makePair({
			seed,
			bulkBytes: 3_000_000,
			oneWay: true,
			faults: { delayMs: 10, bytesPerMs: 10_000 },
		});
		network.filter = ({ nowMs }) => nowMs < 200 || nowMs > 40_200;
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			600_000,
		);
		expect(server.ended, `SEED=${seed}`).to.deep.equal({ reason: 'done' });
	});

	it('and loses a third of all packets is not given up', () => {
		const seed = freshSeed();
		const { network, client, server } = makePair({
			seed,
			bulkBytes: 300_000,
			oneWay: true,
			faults: { delayMs: 10, bytesPerMs: 10_000, loss: 0.33 },
		});
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			3_600_000,
		);
		expect(server.ended, `SEED=${seed}`).to.deep.equal({ reason: 'done' });
	}).timeout(60_000);
});
