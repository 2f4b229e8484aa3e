import { expect } from 'chai';

import {
	RECEIVE_WINDOW_BYTES,
	SEND_BUFFER_BYTES,
	WINDOW_PROBE_MS,
} from '../../../src/transports/udp/wire/limits.js';
import { freshSeed, makePair } from '../../support/udp-pair.js';

function stalled() {
	const pair = makePair({
		seed: freshSeed(),
		bulkBytes: 8_000_000,
		oneWay: true,
		faults: { delayMs: 10 },
	});
	const { network, clientEnd } = pair;
	network.run(() => clientEnd.receivedBytes > 200_000, 10_000);
	clientEnd.stalled = true;
	network.runFor(5000);
	return pair;
}

describe('a reader that does not read', () => {
	it('holds its writer up: neither end holds more than its window and its buffer', () => {
		const { client, server, serverEnd, clientEnd } = stalled();
		const held = client.receiving.heldBytes;
		expect(held).to.be.within(
			RECEIVE_WINDOW_BYTES - 2000,
			1.02 * RECEIVE_WINDOW_BYTES,
		);
		expect(server.sending.bufferedBytes).to.be.at.most(
			SEND_BUFFER_BYTES + 16_384,
		);
		expect(serverEnd.writtenBytes - clientEnd.receivedBytes).to.be.at.most(
			RECEIVE_WINDOW_BYTES + SEND_BUFFER_BYTES + 16_384,
		);
	});

	it('is asked every half second whether its window has opened, and not more often', () => {
		const { network, server } = stalled();
		const { sent } = server.stats;
		network.runFor(10 * WINDOW_PROBE_MS);
		expect(server.stats.sent - sent).to.be.within(8, 11);
	});

	it('goes on when it reads again', () => {
		const { network, clientEnd, client, server } = stalled();
		clientEnd.stalled = false;
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			60_000,
		);
		expect(clientEnd.receivedBytes).to.equal(8_000_000);
	});

	it('goes on also when every packet that says so is lost for a while', () => {
		const { network, clientEnd, client } = stalled();
		clientEnd.stalled = false;
		const untilMs = network.nowMs + 3000;
		network.filter = ({ nowMs }) => nowMs > untilMs;
		network.runFor(3000);
		network.run(() => client.ended !== undefined, 60_000);
		expect(clientEnd.receivedBytes).to.equal(8_000_000);
	});
});

describe('many small writes', () => {
	it('become few packets', () => {
		const pair = makePair({
			seed: freshSeed(),
			finishes: false,
			faults: { delayMs: 10 },
		});
		pair.network.runFor(1000);
		const { sent } = pair.client.stats;
		for (let i = 0; i < 1000; i++) {
			pair.client.write(Buffer.from('0123456789'));
		}
		pair.network.runFor(1000);
		expect(pair.serverEnd.receivedBytes).to.equal(10_000);
		expect(pair.client.stats.sent - sent).to.be.at.most(10);
	});
});
