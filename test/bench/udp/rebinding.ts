import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

import { systemClock, systemRandom } from '../../../src/runtime/index.js';
import { dialUdp } from '../../../src/transports/udp/device/dial.js';
import { listenUdp } from '../../../src/transports/udp/node/index.js';
import {
	clientContext,
	secureClient,
} from '../../../src/transports/udp/device/tls.js';

const runtime = { clock: systemClock, random: systemRandom };
const ECHOES = 20;

/** A NAT in user space: what the device sends goes out from a port that can be changed. */
async function makeNat(nodePort: number) {
	const inside = createSocket('udp4');
	inside.bind(0, '127.0.0.1');
	await once(inside, 'listening');
	let device: { address: string; port: number } | undefined;
	const sockets: Socket[] = [];
	const rebind = async () => {
		const outside = createSocket('udp4');
		outside.connect(nodePort, '127.0.0.1');
		await once(outside, 'connect');
		outside.on('message', (datagram) => {
			// The mapping of before is dead.
			if (outside === sockets.at(-1)) {
				inside.send(datagram, device!.port, device!.address);
			}
		});
		sockets.push(outside);
	};
	inside.on('message', (datagram, from) => {
		device = from;
		sockets.at(-1)!.send(datagram);
	});
	await rebind();
	const close = () => {
		inside.close();
		sockets.forEach((socket) => socket.close());
	};
	return { port: inside.address().port, rebind, close };
}

/** How long an echo takes on loopback, and how long the first takes after the device's port has changed. */
export async function measureRebinding(
	ca: string,
	tls: { cert: string; key: string },
): Promise<{ addedMs: number; roundTripMs: number }> {
	const listener = await listenUdp({
		host: '127.0.0.1',
		port: 0,
		tls,
		runtime,
		onSession: (session) => session.on('error', () => undefined).pipe(session),
	});
	const nat = await makeNat(listener.port);
	const { signal } = new AbortController();
	const dialled = await dialUdp({
		addresses: [{ address: '127.0.0.1', port: nat.port }],
		runtime,
		randomBytes,
		signal,
	});
	const socket = await secureClient(
		dialled,
		{ host: '127.0.0.1', secureContext: clientContext(ca) },
		signal,
	);
	const echo = async () => {
		const startMs = performance.now();
		socket.write('x');
		await once(socket, 'data');
		return performance.now() - startMs;
	};
	const plain: number[] = [];
	const moved: number[] = [];
	for (let i = 0; i < ECHOES; i++) {
		await echo();
		plain.push(await echo());
		await nat.rebind();
		moved.push(await echo());
	}
	socket.destroy();
	await listener.close();
	nat.close();
	const middle = (values: number[]) =>
		values.sort((a, b) => a - b)[ECHOES / 2]!;
	return { addedMs: middle(moved) - middle(plain), roundTripMs: middle(plain) };
}
