/**
 * A door in Node in front of nodes that speak WebSocket: it lets in so many devices a second, gives each of the others its own place in the
 * queue, and tells every link the reconnect window. `npx tsx examples/node-gateway.ts` runs it with the numbers at the end.
 */
import { createServer, request, type IncomingMessage } from 'node:http';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** A turn that was not taken is kept this long. */
const KEPT_SECONDS = 60;
/** No more turns than that are remembered: beyond it a device is told a time, and takes its chance. */
const MOST_TURNS = 100_000;

/**
 * Says of each device whether it is let in (undefined) or in how many seconds its turn is. Back in its turn it is let in,
 * whoever else is there.
 *
 * @param rate devices a second; a second's worth is saved up
 * @param seconds the time, on a clock that only goes forward
 */
export function makeDoor(rate: number, seconds: () => number) {
	let saved = rate;
	let savedAt = seconds();
	let lastTurn = 0;
	/** In the order of the turns. */
	const turns = new Map<string, number>();
	return (device: string): number | undefined => {
		const now = seconds();
		saved = Math.min(rate, saved + (now - savedAt) * rate);
		savedAt = now;
		for (const [waiting, due] of turns) {
			if (due > now - KEPT_SECONDS) {
				break;
			}
			turns.delete(waiting);
		}
		const known = turns.get(device);
		if (known === undefined ? saved >= 1 : known <= now) {
			turns.delete(device);
			saved -= 1;
			return undefined;
		}
		const free = now + Math.max(0, 1 - saved) / rate;
		const turn = known ?? Math.max(lastTurn + 1 / rate, free);
		if (known === undefined && turns.size < MOST_TURNS) {
			lastTurn = turn;
			turns.set(device, turn);
		}
		return Math.ceil(turn - now);
	};
}

/** The uuid that a device says: its key is for the node to judge. */
function deviceOf({ headers, socket }: IncomingMessage): string {
	const [, credentials = ''] =
		/^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
	const [uuid] = Buffer.from(credentials, 'base64').toString().split(':');
	return uuid ?? `${socket.remoteAddress}`;
}

const headOf = (status: string, headers: Record<string, unknown>) =>
	[
		`HTTP/1.1 ${status}`,
		...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
		'\r\n',
	].join('\r\n');

/** @param nodes `host:port` each; an attempt goes to the next in turn */
export function makeGateway(
	nodes: readonly string[],
	ratePerSecond: number,
	windowSeconds: number,
): Server {
	const door = makeDoor(ratePerSecond, () => performance.now() / 1000);
	const window = { 'Cloudlink-Reconnect-Window': windowSeconds };
	let next = 0;
	return createServer().on(
		'upgrade',
		(asked: IncomingMessage, device: Socket, first: Buffer) => {
			device.on('error', () => device.destroy());
			const waitSeconds = door(deviceOf(asked));
			if (waitSeconds !== undefined) {
				const headers = { 'Retry-After': waitSeconds, Connection: 'close' };
				device.end(headOf('429 Too Many Requests', { ...headers, ...window }));
				return;
			}
			const [host, port] = nodes[next++ % nodes.length]!.split(':');
			const { url: path } = asked;
			request({ host, port, path, headers: asked.headers })
				.on('upgrade', ({ headers: granted }, node, rest) => {
					node.on('error', () => device.destroy());
					node.on('close', () => device.destroy());
					device.on('close', () => node.destroy());
					device.write(
						headOf('101 Switching Protocols', { ...granted, ...window }),
					);
					device.write(rest);
					node.write(first);
					node.pipe(device).pipe(node);
				})
				.on('response', ({ statusCode, headers: refused }) => {
					device.end(headOf(`${statusCode} Refused`, refused));
				})
				.on('error', () => {
					device.end(headOf('502 Bad Gateway', { Connection: 'close' }));
				})
				.end();
		},
	);
}

if (process.argv[1]?.endsWith('node-gateway.ts')) {
	makeGateway(['127.0.0.1:9001', '127.0.0.1:9002'], 100, 200).listen(8445);
}
