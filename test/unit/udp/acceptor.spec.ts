import { expect } from 'chai';

import { handshakeKeys } from '../../../src/transports/udp/wire/keys.js';
import {
	decodeAnswer,
	encodeHello,
	encodeReset,
} from '../../../src/transports/udp/wire/keyless.js';
import { CLOSE } from '../../../src/transports/udp/wire/frames.js';
import { writeStream } from '../../../src/transports/udp/wire/encode-frames.js';
import { VERSION } from '../../../src/transports/udp/wire/limits.js';
import {
	LONG,
	writeInitHeader,
	writeShortHeader,
} from '../../../src/transports/udp/wire/packet.js';
import type { Address } from '../../../src/transports/udp/wire/address.js';
import { key } from '../../support/udp-network.js';
import { freshSeed } from '../../support/udp-pair.js';
import { seededBytes } from '../../support/udp-pair.js';
import { NODE_SECRET, World } from '../../support/udp-world.js';
import type { Connection } from '../../../src/transports/udp/connection/connection.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { Acceptor } from '../../../src/transports/udp/node/acceptor.js';
import type { AcceptorOptions } from '../../../src/transports/udp/node/acceptor-options.js';
import type { Admission } from '../../../src/transports/udp/node/acceptor-options.js';

const FROM: Address = { address: '192.0.2.1', port: 1234 };
const EMPTY = { connections: 0, halfOpen: 0, tombstones: 0 };

/** An acceptor alone, and what it sends. */
function alone(options: Partial<AcceptorOptions> = {}) {
	const seed = freshSeed();
	const random = seededRandom(seed);
	const randomBytes = seededBytes(random);
	const sent: Array<{ datagram: Buffer; to: Address }> = [];
	const connections: Connection[] = [];
	let asked = 0;
	const admit = options.admit ?? (() => 'accept');
	const acceptor: Acceptor = new Acceptor({
		onConnection: (connection) => {
			connections.push(connection);
			return {
				receive: (datagram, from, nowMs) => {
					connection.receive(datagram, from, nowMs);
				},
				drop: (nowMs) => {
					connection.close(CLOSE.goingAway);
					acceptor.remove(connection, nowMs);
				},
			};
		},
		send: (datagram, to) => {
			sent.push({ datagram, to });
		},
		secret: NODE_SECRET,
		random,
		randomBytes,
		wallMs: () => 0,
		nowMs: 0,
		...options,
		admit: (remote) => {
			asked++;
			return admit(remote);
		},
	});
	const hello = (clientId = randomBytes(8), nonce = randomBytes(8)) => ({
		clientId,
		nonce,
		datagram: encodeHello(clientId, nonce),
	});

	/** HELLO, RETRY, and the INIT that follows. */
	const init = (from = FROM, nowMs = 0) => {
		const { clientId, nonce, datagram } = hello();
		acceptor.receive(datagram, from, nowMs);
		const answer = decodeAnswer(sent.pop()!.datagram)!;
		expect(answer.type).to.equal('retry');
		const { serverId, token } = answer as { serverId: Buffer; token: Buffer };
		return {
			clientId,
			nonce,
			serverId,
			token,
			datagram: makeInit({ clientId, nonce, serverId, token }),
		};
	};
	return {
		acceptor,
		sent,
		hello,
		init,
		randomBytes,
		connections,
		asked: () => asked,
		replay: `replay with SEED=${seed}`,
	};
}

function makeInit(
	ids: {
		clientId: Buffer;
		serverId: Buffer;
		nonce: Buffer;
		token: Buffer;
	},
	hello = Buffer.alloc(100, 22),
): Buffer {
	const datagram = Buffer.alloc(1200);
	const at = writeInitHeader(datagram, ids, 0);
	const { clientId, serverId, token } = ids;
	if (hello.length > 0) {
		writeStream(datagram, at, 0, hello, false);
	}
	const { seal } = handshakeKeys('client', clientId, serverId, token);
	return seal.seal(datagram, at, 1184, 0);
}

describe('a node, before an address is proven,', () => {
	it('answers one prefix only so often, and leaves others and proven addresses alone', () => {
		const { acceptor, sent, hello, init, asked } = alone({
			limits: { questionsPerPrefix: 10 },
		});
		const proven = init();
		sent.length = 0;
		for (let i = 0; i < 30; i++) {
			const from = { address: `192.0.2.${i}`, port: i };
			acceptor.receive(hello().datagram, from, 0);
		}
		expect(sent).to.have.lengthOf(9);
		acceptor.receive(hello().datagram, { address: '203.0.113.1', port: 1 }, 0);
		expect(sent).to.have.lengthOf(10);
		acceptor.receive(proven.datagram, FROM, 0);
		expect(asked()).to.equal(1);
		acceptor.receive(hello().datagram, FROM, 1000);
		expect(sent).to.have.length.greaterThan(10);
	});

	it('counts the half-open handshakes of an IPv6 site together', () => {
		const { acceptor, init, asked } = alone({
			limits: { halfOpenPerAddress: 2 },
		});
		const from = (i: number) => ({ address: `2001:db8::${i}`, port: 1 });
		for (const address of [from(1), from(2)]) {
			acceptor.receive(init(address).datagram, address, 0);
		}
		expect(acceptor.sizes.halfOpen).to.equal(2);
		const late = init({ address: '192.0.2.9', port: 1 });
		acceptor.receive(late.datagram, { address: '192.0.2.9', port: 1 }, 0);
		expect(asked()).to.equal(3);
		expect(() => init(from(3))).to.throw('busy');
	});

	it('keeps nothing of 50,000 HELLOs, and sends a twentieth of their bytes back', () => {
		const { acceptor, sent, hello } = alone();
		let bytes = 0;
		for (let i = 0; i < 50_000; i++) {
			const { datagram } = hello(Buffer.alloc(8, i), Buffer.alloc(8, i + 1));
			bytes += datagram.length;
			acceptor.receive(
				datagram,
				{ address: `10.${i % 256}.0.1`, port: i },
				i / 100,
			);
		}
		expect(acceptor.sizes).to.deep.equal(EMPTY);
		expect(sent).to.have.lengthOf(50_000);
		const back = sent.reduce((sum, { datagram }) => sum + datagram.length, 0);
		expect(back / bytes).to.be.below(0.05);
	}).timeout(60_000);

	it('never sends more than it received, whatever kind of packet it gets', () => {
		const { acceptor, sent, hello, randomBytes } = alone();
		const kinds: Buffer[] = [
			hello().datagram,
			hello().datagram.subarray(0, 951),
			encodeReset(randomBytes(8), randomBytes(16)),
		];
		for (const first of [...Object.values(LONG), 0x40, 0x41, 0x00, 0xff]) {
			for (const length of [1, 20, 29, 30, 31, 42, 43, 200, 1199, 1200, 1201]) {
				for (const version of [1, 2, 3]) {
					const datagram = randomBytes(length);
					datagram[0] = first;
					if (length > 1) {
						datagram[1] = version;
					}
					kinds.push(datagram);
				}
			}
		}
		for (const datagram of kinds) {
			sent.length = 0;
			acceptor.receive(datagram, FROM, 0);
			const back = sent.reduce(
				(sum, answer) => sum + answer.datagram.length,
				0,
			);
			expect(back, datagram.subarray(0, 2).toString('hex')).to.be.at.most(
				datagram.length,
			);
			expect(back).to.be.at.most(Math.max(0.1 * datagram.length, 26));
		}
		expect(acceptor.sizes).to.deep.equal(EMPTY);
	});

	it('is silent to a HELLO that is too short', () => {
		const { acceptor, sent, hello } = alone();
		acceptor.receive(hello().datagram.subarray(0, 951), FROM, 0);
		expect(sent).to.deep.equal([]);
	});

	it('tells its versions to whoever speaks another', () => {
		const { acceptor, sent, hello } = alone();
		const { datagram, clientId, nonce } = hello();
		datagram[1] = 9;
		acceptor.receive(datagram, FROM, 0);
		expect(decodeAnswer(sent[0]!.datagram)).to.deep.equal({
			type: 'version',
			clientId,
			nonce,
			versions: [VERSION],
		});
	});

	it('answers an INIT whose token is worth nothing with a RETRY, and keeps nothing', () => {
		const { acceptor, sent, init, asked } = alone();
		const good = init();
		for (const [what, datagram, from, nowMs] of [
			['from another port', good.datagram, { ...FROM, port: 1 }, 0],
			[
				'from another address',
				good.datagram,
				{ ...FROM, address: '192.0.2.2' },
				0,
			],
			['too late', good.datagram, FROM, 30_001],
			[
				'with another token',
				makeInit({ ...good, token: Buffer.alloc(23, 1) }),
				FROM,
				0,
			],
			[
				'with another ID',
				makeInit({ ...good, serverId: Buffer.alloc(8, 1) }),
				FROM,
				0,
			],
		] as const) {
			sent.length = 0;
			acceptor.receive(datagram, from, nowMs);
			expect(decodeAnswer(sent[0]!.datagram)?.type, what).to.equal('retry');
		}
		expect(acceptor.sizes).to.deep.equal(EMPTY);
		expect(asked()).to.equal(0);
	});
});

describe('a node, once an address is proven,', () => {
	it('asks once whether the device may come in, and makes one connection of many copies', () => {
		const { acceptor, init, asked } = alone();
		const { datagram } = init();
		for (let i = 0; i < 5; i++) {
			acceptor.receive(datagram, FROM, i);
		}
		expect(asked()).to.equal(1);
		expect(acceptor.sizes).to.include({ connections: 1, halfOpen: 1 });
	});

	for (const [what, admission, seconds] of [
		['with a time', { busySeconds: 30 }, 30],
		['without a time', 'busy', 0],
	] as ReadonlyArray<readonly [string, Admission, number]>) {
		it(`says BUSY ${what}, once asked, and again to copies, ever more seldom`, () => {
			const { acceptor, sent, init, asked } = alone({ admit: () => admission });
			const { datagram, clientId, nonce } = init();
			for (let i = 0; i < 16; i++) {
				acceptor.receive(datagram, FROM, i);
			}
			expect(asked()).to.equal(1);
			expect(
				sent.map(({ datagram: busy }) => decodeAnswer(busy)),
			).to.deep.equal(
				Array.from({ length: 9 }, () => ({
					type: 'busy',
					clientId,
					nonce,
					retryAfterSeconds: seconds,
				})),
			);
			expect(acceptor.sizes.connections).to.equal(0);
		});
	}

	it('says nothing at all when it is told to be silent', () => {
		const { acceptor, sent, init, asked } = alone({ admit: () => 'silent' });
		const { datagram } = init();
		acceptor.receive(datagram, FROM, 0);
		acceptor.receive(datagram, FROM, 1000);
		expect(sent).to.deep.equal([]);
		expect(asked()).to.equal(1);
	});

	it('takes a replayed INIT for no new connection while its token lives', () => {
		const world = new World({ seed: freshSeed(), faults: { delayMs: 5 } });
		const inits: Buffer[] = [];
		world.network.onSend = ({ datagram }) => {
			if (datagram[0] === LONG.init) {
				inits.push(Buffer.from(datagram));
			}
		};
		const device = world.device();
		world.network.run(() => device.ended !== undefined, 10_000);
		expect(device.ended).to.deep.equal({ reason: 'done' });
		world.network.runFor(100);
		expect(world.acceptor.sizes.connections).to.equal(0);
		for (const datagram of inits) {
			world.acceptor.receive(datagram, device.at, world.network.nowMs);
		}
		expect(world.acceptor.stats.accepted).to.equal(1);
		expect(world.acceptor.sizes.connections).to.equal(0);
	});

	it('holds no more half-open handshakes than its limits, in all and for one address', () => {
		const { acceptor, sent, init, hello } = alone({
			limits: { halfOpen: 5, halfOpenPerAddress: 3 },
		});
		const inits = Array.from({ length: 8 }, (_, i) => ({
			from: { address: `10.0.0.${i % 2}`, port: i },
			...init({ address: `10.0.0.${i % 2}`, port: i }),
		}));
		for (const { from, datagram } of inits) {
			acceptor.receive(datagram, from, 0);
		}
		expect(acceptor.sizes).to.include({ connections: 5, halfOpen: 5 });
		sent.length = 0;
		acceptor.receive(hello().datagram, { address: '10.0.0.9', port: 1 }, 0);
		expect(decodeAnswer(sent[0]!.datagram)).to.include({
			type: 'busy',
			retryAfterSeconds: 0,
		});
	});

	it('drops the oldest handshake of an address that has its share, once it has had two seconds', () => {
		const { acceptor, init } = alone({ limits: { halfOpenPerAddress: 3 } });
		const from = (port: number) => ({ ...FROM, port });
		for (let port = 1; port <= 3; port++) {
			acceptor.receive(init(from(port)).datagram, from(port), 0);
		}
		expect(() => init(from(4), 1999)).to.throw('busy');
		acceptor.receive(init(from(4), 2000).datagram, from(4), 2000);
		expect(acceptor.sizes).to.include({ connections: 3, halfOpen: 3 });
		expect(acceptor.stats).to.include({ accepted: 4, evicted: 1 });
	});

	it('lets every honest device in while four addresses send 470 INITs a second', () => {
		const { acceptor, init, connections } = alone();
		let port = 0;
		let admitted = 0;
		const honest: Array<{ connection: Connection; dueMs: number }> = [];
		for (let nowMs = 0; nowMs < 20_000; nowMs += 1000 / 470) {
			const attacker = { address: `192.0.2.${port % 4}`, port: ++port };
			try {
				acceptor.receive(init(attacker, nowMs).datagram, attacker, nowMs);
			} catch {
				// It is told BUSY.
			}
			if (port % 94 === 0) {
				const from = { address: `198.51.100.${port % 250}`, port };
				acceptor.receive(init(from, nowMs).datagram, from, nowMs);
				const connection = connections.at(-1)!;
				expect(connection.paths.active).to.deep.equal(from);
				honest.push({ connection, dueMs: nowMs + 400 });
			}
			if (honest[0] && honest[0].dueMs <= nowMs) {
				const { connection } = honest.shift()!;
				expect(connection.ended).to.equal(undefined);
				acceptor.loggedIn(connection);
				admitted++;
			}
		}
		expect(admitted).to.be.above(90);
		expect(acceptor.sizes.halfOpen).to.be.at.most(1024);
		expect(acceptor.stats.evicted).to.be.above(2000);
	});

	it('keeps an address that does not log in to its share, also after the handshake', () => {
		const { acceptor, init, connections } = alone({
			limits: { halfOpenPerAddress: 3 },
		});
		const from = (port: number) => ({ ...FROM, port });
		for (let port = 1; port <= 5; port++) {
			const nowMs = port * 3000;
			acceptor.receive(init(from(port), nowMs).datagram, from(port), nowMs);
			connections.at(-1)!.secure(Buffer.alloc(64, port));
		}
		expect(acceptor.sizes.connections).to.equal(3);
		acceptor.loggedIn(connections.at(-1)!);
		acceptor.receive(init(from(6), 20_000).datagram, from(6), 20_000);
		expect(acceptor.sizes).to.include({ connections: 4, halfOpen: 3 });
	});

	it('keeps nothing of an INIT that begins no stream', () => {
		const { acceptor, init, sent } = alone();
		const { serverId, ...ids } = init();
		const empty = makeInit({ ...ids, serverId }, Buffer.alloc(0));
		sent.length = 0;
		acceptor.receive(empty, FROM, 0);
		expect(acceptor.sizes).to.deep.equal(EMPTY);
		expect(sent).to.deep.equal([]);
	});

	it('sends a stateless reset for an ID that it does not know, seldom, and smaller than what asked for it', () => {
		const { acceptor, sent, randomBytes } = alone({
			limits: { resetsPerSecond: 10 },
		});
		for (let i = 0; i < 100; i++) {
			const datagram = randomBytes(30);
			writeShortHeader(datagram, randomBytes(8), i);
			acceptor.receive(datagram, FROM, i);
		}
		expect(sent).to.have.lengthOf(10);
		expect(
			Math.max(...sent.map(({ datagram }) => datagram.length)),
		).to.be.below(30);
		acceptor.receive(sent[0]!.datagram, FROM, 200);
		expect(sent).to.have.lengthOf(10);
	});

	it('proves a reset by the key it had before it restarted', () => {
		const world = new World({
			seed: freshSeed(),
			faults: { delayMs: 5 },
			bulkBytes: 1_000_000,
		});
		const device = world.device();
		world.network.run(() => device.connection?.isConfirmed === true, 10_000);
		const restarted = alone();
		const resets: Buffer[] = [];
		world.network.filter = ({ datagram, to, from, nowMs }) => {
			if (key(to) === '10.0.0.2 443') {
				restarted.sent.length = 0;
				restarted.acceptor.receive(datagram, from, nowMs);
				resets.push(...restarted.sent.map((answer) => answer.datagram));
				for (const reset of resets.splice(0)) {
					device.receive(reset, to, nowMs);
				}
			}
			return false;
		};
		world.network.run(() => device.ended !== undefined, 60_000);
		expect(device.ended).to.deep.equal({ reason: 'reset' });
	});
});
