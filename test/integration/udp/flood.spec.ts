import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

import { expect } from 'chai';

import { dialUdp } from '../../../src/transports/udp/device/dial.js';
import {
	clientContext,
	secureClient,
} from '../../../src/transports/udp/device/tls.js';
import { handshakeKeys } from '../../../src/transports/udp/wire/keys.js';
import { writeStream } from '../../../src/transports/udp/wire/encode-frames.js';
import {
	decodeAnswer,
	encodeHello,
} from '../../../src/transports/udp/wire/keyless.js';
import { writeInitHeader } from '../../../src/transports/udp/wire/packet.js';
import { listen, runtime } from '../../support/udp-node.js';

const BYTES = 1200;
const SPEED_MBIT = 4.5;
const ATTACKERS = ['127.0.0.2', '127.0.0.3', '127.0.0.4', '127.0.0.5'];
const ATTEMPTS = 100;
/** As an agent gives an attempt by default. */
const DEADLINE_MS = 10_000;
/** Datagrams that an attacker's line carries in the 5 ms between two looks, and some. */
const MOST_AT_ONCE = 5;

/** What an attacker puts into its INIT. */
const CONTENTS: ReadonlyArray<readonly [what: string, frames: Buffer]> = [
	['nothing', Buffer.of(1)],
	['the beginning of a ClientHello', tlsRecord()],
];

function tlsRecord(): Buffer {
	const frame = Buffer.alloc(300);
	const record = Buffer.concat([
		Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
		randomBytes(200),
	]);
	return frame.subarray(0, writeStream(frame, 0, 0, record, false));
}

/** Asks with HELLO, and answers each RETRY with an INIT that leads to nothing, so fast as the line is. */
class Attacker {
	inits = 0;
	/** Datagrams: the line carries no more, HELLO or INIT. */
	#sent = 0;
	readonly #socket: Socket = createSocket('udp4');
	readonly #timer: NodeJS.Timeout;

	constructor(
		address: string,
		private readonly port: number,
		private readonly frames: Buffer,
	) {
		this.#socket.bind(0, address);
		this.#socket.on('message', (datagram) => {
			this.#answer(datagram);
		});
		let startMs = performance.now();
		const everyMs = (BYTES * 8 * ATTACKERS.length) / (SPEED_MBIT * 1000);
		this.#timer = setInterval(() => {
			const due = (performance.now() - startMs) / everyMs;
			// A line is no faster after this process stood still.
			const late = Math.max(0, due - this.#sent - MOST_AT_ONCE);
			startMs += late * everyMs;
			while (this.#sent < due - late) {
				this.#sent++;
				const hello = encodeHello(randomBytes(8), randomBytes(8), BYTES);
				this.#socket.send(hello, this.port, '127.0.0.1');
			}
		}, 5);
	}

	#answer(datagram: Buffer): void {
		const answer = decodeAnswer(datagram);
		if (answer?.type !== 'retry') {
			return;
		}
		this.inits++;
		this.#sent++;
		const { clientId, serverId, token } = answer;
		const init = Buffer.alloc(BYTES);
		const at = writeInitHeader(init, answer, 0);
		this.frames.copy(init, at);
		const { seal } = handshakeKeys('client', clientId, serverId, token);
		this.#socket.send(
			seal.seal(init, at, BYTES - 16, 0),
			this.port,
			'127.0.0.1',
		);
	}

	stop(): void {
		clearInterval(this.#timer);
		this.#socket.close();
	}
}

describe('a node that is flooded with INITs at 4.5 Mbit/s from four addresses', function () {
	this.timeout(60_000);

	for (const [what, frames] of CONTENTS) {
		it(`of ${what} lets at least 95 of 100 honest devices in`, async () => {
			const { listener, ca } = await listen({
				onSession: (session, _remote, loggedIn) => {
					loggedIn();
					session.pipe(session);
				},
			});
			const secureContext = clientContext(ca);
			const attackers = ATTACKERS.map(
				(address) => new Attacker(address, listener.port, frames),
			);
			await new Promise((resolve) => setTimeout(resolve, 3000));
			const attempt = async (): Promise<boolean> => {
				const signal = AbortSignal.timeout(DEADLINE_MS);
				try {
					const dialled = await dialUdp({
						addresses: [{ address: '127.0.0.1', port: listener.port }],
						runtime,
						randomBytes,
						signal,
					});
					const socket = await secureClient(
						dialled,
						{ host: '127.0.0.1', secureContext },
						signal,
					);
					socket.write('hello');
					await once(socket, 'data', { signal });
					socket.destroy();
					return true;
				} catch {
					return false;
				}
			};
			const attempts: Array<Promise<boolean>> = [];
			for (let i = 0; i < ATTEMPTS; i++) {
				attempts.push(attempt());
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			const results = await Promise.all(attempts);
			const inits = attackers.reduce((sum, one) => sum + one.inits, 0);
			attackers.forEach((attacker) => {
				attacker.stop();
			});
			await listener.close();
			expect(inits).to.be.above(1000);
			expect(results.filter(Boolean).length).to.be.at.least(95);
		});
	}
});
