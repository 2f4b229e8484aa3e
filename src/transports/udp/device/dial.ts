import { toError } from '../../../errors.js';
import { UdpEndError } from '../connection/end.js';
import type { Address } from '../wire/address.js';
import type { NextToken } from '../wire/frames.js';
import { ID_BYTES, NONCE_BYTES } from '../wire/limits.js';
import { connect, type Dialled } from './connect.js';
import { Hello } from './hello.js';
import { Line } from './line.js';
import { Search, type SearchOptions } from './search.js';

/**
 * A node that takes the token answers at once. One that refuses in silence looks like a blocked path, so after this long
 * it is asked without a token as well: its RETRY costs it nothing, and proves the path.
 */
const ASK_BESIDE_MS = 1000;

export interface DialOptions extends SearchOptions {
	/** From an earlier connection to the same node; the first address is the one it is for. */
	readonly nextToken?: NextToken;
}

/**
 * Finds the node and opens a stream to it. Rejects with a {@link UdpEndError}, or with the signal's reason;
 * then no socket and no timer is left.
 */
export async function dialUdp(options: DialOptions): Promise<Dialled> {
	options.signal.throwIfAborted();
	const first = options.addresses[0];
	if (options.nextToken && first) {
		return await resume(options, first, options.nextToken);
	}
	return await new Promise((resolve, reject) => {
		new Search(options, resolve, reject).start();
	});
}

async function resume(
	options: DialOptions,
	peer: Address,
	token: NextToken,
): Promise<Dialled> {
	const line = new Line(peer);
	try {
		await line.socket.open();
		options.signal.throwIfAborted();
	} catch (error) {
		line.socket.close();
		options.signal.throwIfAborted();
		throw new UdpEndError({ reason: 'refused', cause: toError(error) });
	}
	const clientId = options.randomBytes(ID_BYTES);
	const nonce = options.randomBytes(NONCE_BYTES);
	const dialled = connect(options, line, {
		clientId,
		nonce,
		serverId: token.serverId,
		token: token.token,
		tokenSecret: token.secret,
		datagramBytes: options.datagramBytes,
		resumed: true,
	});
	askBeside(options, line, dialled);
	return dialled;
}

function askBeside(
	{ runtime: { clock }, randomBytes }: DialOptions,
	line: Line,
	{ connection, driver }: Dialled,
): void {
	const timer = clock.setTimer(ASK_BESIDE_MS, () => {
		if (connection.isAnswered || connection.ended) {
			return;
		}
		const hello = new Hello(
			randomBytes,
			clock.monotonicMs(),
			connection.datagramBytes,
		);
		const { onDatagram } = line;
		line.onDatagram = (datagram) => {
			const result = hello.receive(datagram, clock.monotonicMs());
			if (!result) {
				onDatagram(datagram);
			} else if ('retry' in result) {
				connection.provePath();
				driver.wake();
			} else if (!connection.isAnswered) {
				connection.vanish(result.end);
				driver.turn();
			}
		};
		line.socket.send(hello.expire(clock.monotonicMs()) as Buffer);
	});
	const { onEnd } = driver;
	driver.onEnd = () => {
		timer.cancel();
		onEnd();
	};
}
