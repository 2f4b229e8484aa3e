import { expect } from 'chai';

import { PacketBudget } from '../../../src/transports/udp/connection/packet-budget.js';
import { freshSeed, makePair, SERVER } from '../../support/udp-pair.js';

describe('What a peer may send that is worth nothing', () => {
	it('ends the connection when valid packets that bring nothing come without end', () => {
		const seed = freshSeed();
		const { network, client, server } = makePair({
			seed,
			faults: { delayMs: 10 },
			bulkBytes: 10_000,
			finishes: false,
		});
		network.run(() => client.isConfirmed, 10_000);
		network.runFor(1000);
		let packets = 0;
		const { nowMs } = network;
		for (; packets < 100_000 && !client.ended; packets++) {
			server.acks.tellNow(nowMs);
			server.flush(nowMs, (datagram) => {
				client.receive(datagram, SERVER, nowMs);
			});
		}
		expect(client.ended, `SEED=${seed}`).to.deep.equal({ reason: 'flood' });
		expect(packets).to.be.within(8000, 12_000);
	});

	it('lets a path be that reorders every packet, both ways at full speed', () => {
		const { network, client, server } = makePair({
			seed: 'b8d62aa3',
			bulkBytes: 40_000_000,
			faults: { delayMs: 10, bytesPerMs: 10_000, jitterMs: 20 },
		});
		network.run(
			() => client.ended !== undefined && server.ended !== undefined,
			60_000,
		);
		expect(server.ended).to.deep.equal({ reason: 'done' });
		expect(client.ended).to.deep.equal({ reason: 'done' });
	});

	const allowed = (
		packetsPerSecond: number,
		onPacket: (budget: PacketBudget) => void,
		frames = 1,
	) => {
		const budget = new PacketBudget();
		for (let sent = 0; sent < 60 * packetsPerSecond; sent++) {
			onPacket(budget);
			if (!budget.allowsPacket(frames, (1000 * sent) / packetsPerSecond)) {
				return false;
			}
		}
		return true;
	};

	for (const [what, isAllowed, rate, onPacket, frames] of [
		[
			'full packets',
			true,
			100_000,
			(b) => {
				b.onData(1170, 1170);
			},
		],
		[
			'acknowledgements of what we send',
			true,
			50_000,
			(b) => {
				b.onNews();
			},
		],
		[
			'small packets of a busy service',
			true,
			8000,
			(b) => {
				b.onData(40, 40);
			},
		],
		[
			'2,000 packets of data a second that came before',
			true,
			2000,
			(b) => {
				b.onData(1170, 0);
			},
		],
		[
			'5,000 acknowledgements a second that were overtaken, of as many packets of ours',
			true,
			5000,
			(b) => {
				b.onSent();
			},
		],
		[
			'5,000 packets of one byte a second',
			false,
			5000,
			(b) => {
				b.onData(1, 1);
			},
		],
		[
			'keys that change 300 times a second, with data',
			false,
			300,
			(b) => {
				b.onKeyUpdate();
				b.onData(1170, 1170);
			},
		],
		['1,000 keepalives a second', true, 1000, () => undefined],
		['5,000 empty packets a second', false, 5000, () => undefined],
		[
			'the same data again and again',
			false,
			8000,
			(b) => {
				b.onData(1170, 0);
			},
		],
		['a packet full of empty frames', false, 1000, () => undefined, 1300],
	] as ReadonlyArray<
		readonly [string, boolean, number, (b: PacketBudget) => void, number?]
	>) {
		it(`${isAllowed ? 'allows' : 'does not allow'} ${what}`, () => {
			expect(allowed(rate, onPacket, frames)).to.equal(isAllowed);
		});
	}
});
