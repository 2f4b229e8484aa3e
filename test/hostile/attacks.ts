import type { CarrierName, Peer, Services } from './hostile-node.js';
import {
	ACK,
	BINARY,
	CLOSE,
	connectTo,
	CONTINUATION,
	DATA,
	END_HEADERS,
	END_STREAM,
	field,
	frame,
	GOAWAY,
	GREETING,
	HEADERS,
	ids,
	NOTHING,
	open,
	PADDED,
	PING,
	PRIORITY,
	PRIORITY_UPDATE,
	PUSH_PROMISE,
	request,
	RST_STREAM,
	SETTINGS,
	TEXT,
	times,
	uint32,
	WINDOW_UPDATE,
	WS_PING,
	WS_PONG,
	wsFrame,
} from './frames.js';

import {
	closeFrame,
	newTokenFrame,
	pathFrame,
	PING as PING_OF_UDP,
	writeAck,
	writeStream,
} from '../../src/transports/udp/wire/encode-frames.js';
import type { PacketKey } from '../../src/transports/udp/wire/keys.js';

/** What a hostile node does once the device has come to it. */
export interface Attack {
	readonly name: string;
	readonly run: (peer: Peer, services: Services) => Promise<void>;
	/**
	 * What is expected: `cut`, the link ends; `held`, it costs so little that it may go on for ever; `either`.
	 * @default 'cut'
	 */
	readonly ends?: 'cut' | 'held' | 'either';
	/** It goes beyond a budget, and the outcome has to say so. */
	readonly isFlood?: true;
	/** Before the upgrade is answered, so that there is an attempt and no link. */
	readonly early?: boolean;
	/**
	 * Another bound on memory, in MB. A thousand open streams cost 30 by themselves, and of what comes at full speed V8
	 * collects some 40 late, as with any bulk transfer.
	 */
	readonly grownMb?: number;
	/** The one carrier over which there is such a thing. */
	readonly only?: CarrierName;
	/** Part of `npm test`, over the carriers that are named. */
	readonly daily?: ReadonlyArray<'websocket' | 'udp'>;
}

const both = ['websocket', 'udp'] as const;

/** Greets as a node does, does something once, and then one thing for ever. */
const endless =
	(piece: Buffer, before: (services: Services) => Buffer = () => NOTHING) =>
	async (peer: Peer, services: Services) => {
		await peer.tell(GREETING, before(services));
		await peer.settle();
		await peer.flood(wsFrame(piece));
	};

/** The same with WebSocket frames. */
const endlessFrames = (frames: Buffer) => async (peer: Peer) => {
	await peer.tell(GREETING);
	await peer.settle();
	await peer.flood(frames);
};

/** Greets, and breaks a rule once. */
const once =
	(...wrong: Buffer[]) =>
	async (peer: Peer) => {
		await peer.tell(GREETING);
		await peer.settle();
		await peer.tell(...wrong);
	};

/** UDP packets with frames of the attack's own. */
const forged =
	(...args: Parameters<Peer['forgePackets']>) =>
	async (peer: Peer) => {
		await peer.tell(GREETING);
		await peer.settle();
		await peer.forgePackets(...args);
	};

const ackOf = (ranges: Parameters<typeof writeAck>[2]) => {
	const into = Buffer.alloc(200);
	return into.subarray(0, writeAck(into, 0, ranges, 0, 2 ** 40));
};

const BATCH = 2000;
const many = (bytes: Buffer, count = BATCH) => times(count, bytes);
const oneByte = (stream: number) => frame(DATA, 0, stream, Buffer.from('x'));

/** The greeting without the acknowledgement of SETTINGS that have not come yet. */
const UNACKNOWLEDGED = GREETING.subarray(0, GREETING.length - 9);

/** A thousand streams to a service that does not read, and pieces of data for each of them in turn. */
const stalledStreams =
	(bytes: number, acknowledges: boolean) =>
	async (peer: Peer, { stalls }: Services) => {
		if (acknowledges) {
			peer.obey();
		}
		await peer.tell(UNACKNOWLEDGED, ...ids(1000).map((id) => open(id, stalls)));
		await peer.settle();
		await peer.flood(
			Buffer.concat(
				ids(1000).map((id) => wsFrame(frame(DATA, 0, id, Buffer.alloc(bytes)))),
			),
		);
	};

/** Streams opened and something done with each, for ever. */
const perStream =
	(of: (stream: number, services: Services) => Buffer, perBatch = 200) =>
	async (peer: Peer, services: Services) => {
		await peer.tell(GREETING);
		await peer.settle();
		for (let first = 1; peer.alive; first += 2 * perBatch) {
			await peer.tell(...ids(perBatch, first).map((id) => of(id, services)));
		}
	};

const rst = (stream: number) => frame(RST_STREAM, 0, stream, uint32(8));
const post = (stream: number) =>
	frame(
		HEADERS,
		END_HEADERS,
		stream,
		request('POST', '/.well-known/cloudlink/hints'),
	);
const ping = frame(PING, 0, 0, Buffer.alloc(8));
const setting = (id: number, value: number) =>
	Buffer.concat([Buffer.from([0, id]), uint32(value)]);

/** Every attack; the table that `npm run test:hostile` prints has a line for each and carrier. */
export const ATTACKS: readonly Attack[] = [
	// Control frames without end.
	{ name: 'PING', run: endless(many(ping)), daily: both, isFlood: true },
	{
		name: 'PING, one to a message',
		run: endlessFrames(many(wsFrame(ping))),
		isFlood: true,
	},
	{
		name: 'PING ACK',
		run: endless(many(frame(PING, ACK, 0, Buffer.alloc(8)))),
		isFlood: true,
	},
	{
		name: 'SETTINGS',
		run: endless(many(frame(SETTINGS, 0, 0))),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'SETTINGS that change the window to and fro',
		run: endless(
			many(
				Buffer.concat([
					frame(SETTINGS, 0, 0, setting(4, 1)),
					frame(SETTINGS, 0, 0, setting(4, 2 ** 31 - 1)),
				]),
			),
		),
		isFlood: true,
	},
	{
		name: 'SETTINGS that resize the header table',
		run: endless(
			many(
				Buffer.concat([
					frame(SETTINGS, 0, 0, setting(1, 0)),
					frame(SETTINGS, 0, 0, setting(1, 2 ** 31 - 1)),
				]),
			),
		),
		isFlood: true,
	},
	{
		name: 'SETTINGS ACK',
		run: endless(many(frame(SETTINGS, ACK, 0))),
		isFlood: true,
	},
	{
		name: 'PRIORITY',
		run: endless(many(frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 16])))),
		daily: ['udp'],
		isFlood: true,
	},
	{
		name: 'PRIORITY_UPDATE',
		run: endless(
			many(frame(PRIORITY_UPDATE, 0, 0, Buffer.from('\0\0\0\x01u=1'))),
		),
		isFlood: true,
	},
	{
		name: 'unknown frames, empty',
		run: endless(many(frame(0xbe, 0, 0))),
		isFlood: true,
	},
	{
		name: 'unknown frames of 16 KiB',
		run: endless(many(frame(0xbe, 0, 1, Buffer.alloc(16_384)), 4)),
		isFlood: true,
	},
	{
		name: 'WINDOW_UPDATE of the connection',
		run: endless(many(frame(WINDOW_UPDATE, 0, 0, uint32(1)))),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'WINDOW_UPDATE of a stream',
		run: endless(many(frame(WINDOW_UPDATE, 0, 1, uint32(1))), ({ reads }) =>
			open(1, reads),
		),
		isFlood: true,
	},
	{
		name: 'RST_STREAM of a stream that is gone',
		run: endless(many(rst(1)), ({ reads }) =>
			Buffer.concat([open(1, reads), rst(1)]),
		),
	},
	{
		name: 'GOAWAY without an error, again and again',
		run: endless(
			many(frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(0)]))),
			({ reads }) => open(1, reads),
		),
		ends: 'either',
	},

	// Data that is worth nothing, and memory.
	{
		name: 'empty DATA',
		run: endless(many(frame(DATA, 0, 1)), ({ reads }) => open(1, reads)),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'DATA of one byte, to a service that reads',
		run: endless(many(oneByte(1)), ({ reads }) => open(1, reads)),
		daily: ['udp'],
		isFlood: true,
	},
	{
		name: 'DATA of one byte, to a service that does not read',
		run: endless(many(oneByte(1)), ({ stalls }) => open(1, stalls)),
		daily: both,
		isFlood: true,
	},
	{
		name: 'DATA of one byte, on 16 streams that nobody reads',
		run: async (peer, { stalls }) => {
			await peer.tell(GREETING, ...ids(16).map((id) => open(id, stalls)));
			await peer.settle();
			await peer.flood(wsFrame(many(Buffer.concat(ids(16).map(oneByte)), 100)));
		},
		daily: ['websocket'],
	},
	{
		name: 'DATA of one byte on 1,000 streams that nobody reads, one to a message',
		run: async (peer, { stalls }) => {
			await peer.tell(GREETING, ...ids(1000).map((id) => open(id, stalls)));
			await peer.settle();
			await peer.flood(
				Buffer.concat(ids(1000).map((id) => wsFrame(oneByte(id)))),
			);
		},
	},
	{
		name: 'DATA of one byte in 256 bytes of padding, to a service that does not read',
		run: endless(
			many(
				frame(
					DATA,
					PADDED,
					1,
					Buffer.concat([Buffer.from([255, 1]), Buffer.alloc(255)]),
				),
				200,
			),
			({ stalls }) => open(1, stalls),
		),
		ends: 'either',
		isFlood: true,
	},
	{
		name: 'DATA of 300 bytes on 1,000 streams that nobody reads, SETTINGS never acknowledged',
		run: stalledStreams(300, false),
		isFlood: true,
	},
	{
		name: 'windows of 1,000 stalled streams filled, SETTINGS never acknowledged',
		run: stalledStreams(16_000, false),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'windows of 1,000 stalled streams filled',
		run: stalledStreams(16_000, true),
		ends: 'either',
	},
	{
		name: 'DATA of 300 bytes on 100 stalled streams, within flow control',
		run: async (peer, { stalls }) => {
			const credit = peer.obey();
			const streams = ids(100);
			await peer.tell(UNACKNOWLEDGED, ...streams.map((id) => open(id, stalls)));
			await peer.settle();
			await peer.clog(credit, streams);
			while (peer.alive) {
				const sendable = streams.filter((id) => credit.of(id) >= 300);
				await peer.tellData(
					credit,
					sendable.map((id) => [id, 300]),
				);
				await peer.pauseFor(0);
			}
		},
		ends: 'either',
	},
	{
		name: 'a slice of 2 KiB for a stalled stream in each message of 840 KB, within flow control',
		run: async (peer, { stalls, reads }) => {
			const credit = peer.obey();
			const reading = ids(7);
			const stalled = ids(9, 15);
			await peer.tell(
				UNACKNOWLEDGED,
				...reading.map((id) => open(id, reads)),
				...stalled.map((id) => open(id, stalls)),
			);
			await peer.settle();
			await peer.clog(credit, stalled);
			const filler = ids(8).flatMap(() =>
				reading.map((id) => [id, 15_000] as const),
			);
			while (peer.alive) {
				const next = stalled.find((id) => credit.of(id) >= 2100);
				await peer.tellData(credit, [
					...(next ? [[next, 2100] as const] : []),
					...filler,
				]);
			}
		},
		ends: 'either',
		daily: ['websocket'],
	},
	{
		name: 'a byte for a stalled stream in each 16 KiB for one that reads, within flow control',
		run: async (peer, { stalls, reads }) => {
			const credit = peer.obey();
			await peer.tell(UNACKNOWLEDGED, open(1, reads), open(3, stalls));
			await peer.settle();
			await peer.clog(credit, [3]);
			while (peer.alive) {
				await peer.tellData(credit, [
					[3, 1],
					[1, 16_000],
				]);
			}
		},
		ends: 'either',
	},
	{
		name: 'DATA of one byte before the service has answered',
		run: perStream((id, { stalls }) =>
			Buffer.concat([open(id, stalls), many(oneByte(id), 100)]),
		),
		ends: 'either',
	},
	{
		name: 'the bodies of 1,000 hints in frames of one byte',
		run: async (peer) => {
			await peer.tell(GREETING, ...ids(190).map(post));
			await peer.settle();
			await peer.flood(wsFrame(Buffer.concat(ids(190).map(oneByte))));
		},
	},
	{
		name: 'a node that reads nothing while services send',
		run: async (peer, { floods }) => {
			peer.pause();
			await peer.tell(GREETING, ...ids(200).map((id) => open(id, floods)));
			await peer.over();
		},
		ends: 'either',
	},
	{
		name: 'a huge window, and a node that reads nothing while services send',
		run: async (peer, { floods }) => {
			peer.pause();
			await peer.tell(
				GREETING,
				frame(SETTINGS, 0, 0, setting(4, 2 ** 31 - 1)),
				frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 65_536)),
				...ids(200).map((id) => open(id, floods)),
			);
			await peer.over();
		},
		ends: 'either',
	},

	// Streams.
	{
		name: 'streams opened and reset (CVE-2023-44487)',
		run: perStream((id, { reads }) =>
			Buffer.concat([open(id, reads), rst(id)]),
		),
		daily: both,
	},
	{
		name: 'streams to a refused port, without end',
		run: perStream((id) => open(id, 1)),
	},
	{
		name: 'requests that are refused, as fast as is allowed',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			for (let first = 1; peer.alive; first += 200) {
				await peer.tell(
					...ids(100, first).map((id) =>
						frame(HEADERS, END_HEADERS + END_STREAM, id, request('GET', '/')),
					),
				);
				await peer.pauseFor(110);
			}
		},
		ends: 'either',
	},
	{
		name: '5,000 streams left open',
		run: async (peer, { stalls }) => {
			await peer.tell(GREETING, ...ids(5000).map((id) => open(id, stalls)));
			await peer.over();
		},
		ends: 'either',
	},
	{
		name: 'hints, 500 a second',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			for (let first = 1; peer.alive; first += 100) {
				await peer.tell(
					...ids(50, first).map((id) =>
						Buffer.concat([
							post(id),
							frame(DATA, END_STREAM, id, Buffer.from('{"nodeLoad":0.5}')),
						]),
					),
				);
				await peer.pauseFor(100);
			}
		},
	},
	{
		name: 'data for requests that were refused, as fast as is allowed',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			for (let first = 1; peer.alive; first += 40) {
				for (const id of ids(20, first)) {
					await peer.tell(
						frame(HEADERS, END_HEADERS, id, request('GET', '/')),
						times(8, frame(DATA, 0, id, Buffer.alloc(16_384))),
					);
				}
				await peer.pauseFor(110);
				for (const id of ids(20, first)) {
					await peer.tell(times(40, frame(DATA, 0, id, Buffer.alloc(16_384))));
				}
			}
		},
	},
	{
		name: 'streams to a service opened and ended in order, 900 a second',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING);
			await peer.settle();
			for (let first = 1; peer.alive; first += 180) {
				await peer.tell(
					...ids(90, first).map((id) =>
						frame(HEADERS, END_HEADERS + END_STREAM, id, connectTo(reads)),
					),
				);
				await peer.pauseFor(100);
			}
		},
		// A device that does not keep up has more open than it allows.
		ends: 'either',
	},
	{
		name: 'a window that opens by one byte, again and again (CVE-2019-9511)',
		run: async (peer, { floods }) => {
			const streams = ids(100);
			await peer.tell(
				GREETING,
				frame(SETTINGS, 0, 0, setting(4, 0)),
				...streams.map((id) => open(id, floods)),
			);
			await peer.settle();
			await peer.flood(
				wsFrame(
					Buffer.concat(
						streams.map((id) => frame(WINDOW_UPDATE, 0, id, uint32(1))),
					),
				),
			);
		},
		daily: ['websocket'],
	},
	{
		name: 'a window that never opens, on 1,000 streams of services that send',
		run: async (peer, { floods }) => {
			await peer.tell(
				GREETING,
				frame(SETTINGS, 0, 0, setting(4, 0)),
				...ids(1000).map((id) => open(id, floods)),
			);
			await peer.over();
		},
		ends: 'held',
	},
	{
		name: 'a stream that depends on itself',
		run: perStream((id) =>
			frame(
				HEADERS,
				END_HEADERS + 0x20,
				id,
				Buffer.concat([uint32(id), Buffer.from([16]), connectTo(1)]),
			),
		),
	},
	{
		name: 'data after END_STREAM',
		run: endless(many(frame(DATA, 0, 1, Buffer.alloc(300)), 100), ({ reads }) =>
			Buffer.concat([
				frame(HEADERS, END_HEADERS + END_STREAM, 1, connectTo(reads)),
			]),
		),
	},
	{
		name: 'an id that is the largest, and requests after it',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING, open(2 ** 31 - 1, reads));
			await peer.settle();
			await peer.tell(...ids(100).map((id) => open(id, reads)));
			await peer.over();
		},
		ends: 'either',
	},
	{
		name: 'trailers of a stream, again and again',
		run: endless(
			many(frame(HEADERS, END_HEADERS, 1, field('x', 'y'))),
			({ reads }) => open(1, reads),
		),
	},

	{
		name: 'everything that may come for ever, at once',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING, open(1, reads));
			await peer.settle();
			let at = performance.now();
			for (let first = 3; peer.alive; first += 100) {
				await peer.send(
					Buffer.concat([
						times(390, wsFrame(oneByte(1))),
						wsFrame(times(4, ping)),
						...ids(44, first).map((id) =>
							wsFrame(
								frame(HEADERS, END_HEADERS + END_STREAM, id, connectTo(reads)),
							),
						),
						...ids(2, first + 90).map((id) =>
							wsFrame(
								frame(
									HEADERS,
									END_HEADERS + END_STREAM,
									id,
									request('GET', '/'),
								),
							),
						),
					]),
				);
				at += 50;
				await peer.pauseFor(Math.max(0, at - performance.now()));
			}
		},
		ends: 'either',
	},
	{
		name: 'DATA of one byte, as many as may come for ever',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING, open(1, reads));
			await peer.settle();
			let at = performance.now();
			while (peer.alive) {
				await peer.send(times(400, wsFrame(oneByte(1))));
				at += 50;
				await peer.pauseFor(Math.max(0, at - performance.now()));
			}
		},
		ends: 'either',
	},

	// Headers.
	{
		name: 'headers that never end (CONTINUATION)',
		run: endless(
			frame(CONTINUATION, 0, 1, times(100, field('x', 'y'.repeat(100)))),
			() => frame(HEADERS, 0, 1, connectTo(1)),
		),
		daily: ['websocket'],
	},
	{
		name: 'empty CONTINUATION',
		run: endless(many(frame(CONTINUATION, 0, 1)), () =>
			frame(HEADERS, 0, 1, connectTo(1)),
		),
	},
	{
		name: 'headers begun, and the connection cut (CVE-2024-27983)',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.tell(
				...ids(50).map((id) => open(id, 1)),
				frame(HEADERS, 0, 1001, connectTo(1)),
				frame(CONTINUATION, 0, 1001, field('x', 'y')),
			);
			peer.destroy();
		},
	},
	{
		name: 'one field, indexed a thousand times (HPACK bomb)',
		run: perStream(
			(id) =>
				frame(
					HEADERS,
					END_HEADERS + END_STREAM,
					id,
					Buffer.concat([
						Buffer.from([0x40]),
						field('x', 'y'.repeat(120)).subarray(1),
						Buffer.alloc(4000, 0xbe),
					]),
				),
			20,
		),
		daily: ['udp'],
	},
	{
		name: 'headers of 12 KiB',
		run: perStream((id) =>
			frame(
				HEADERS,
				END_HEADERS + END_STREAM,
				id,
				times(120, field('x', 'y'.repeat(100))),
			),
		),
	},
	{
		name: '300 header fields',
		run: perStream((id) =>
			frame(HEADERS, END_HEADERS + END_STREAM, id, times(300, field('x', 'y'))),
		),
	},
	{
		name: 'HPACK garbage',
		run: once(frame(HEADERS, END_HEADERS, 1, Buffer.alloc(64, 0xff))),
		daily: ['websocket'],
	},

	// Frames that break a rule: our own GOAWAY ends the link at once.
	{
		name: 'a frame of 20,000 bytes',
		run: once(frame(DATA, 0, 1, Buffer.alloc(20_000))),
		daily: both,
	},
	{
		name: 'SETTINGS of 5 bytes',
		run: once(frame(SETTINGS, 0, 0, Buffer.alloc(5))),
	},
	{
		name: 'PING of 7 bytes',
		run: once(frame(PING, 0, 0, Buffer.alloc(7))),
		daily: ['websocket'],
	},
	{
		name: 'DATA on a stream that was not opened',
		run: once(frame(DATA, 0, 1, Buffer.alloc(8))),
	},
	{ name: 'DATA on stream 0', run: once(frame(DATA, 0, 0, Buffer.alloc(8))) },
	{ name: 'headers on an even stream', run: once(open(2, 1)), ends: 'either' },
	{ name: 'RST_STREAM of a stream that was not opened', run: once(rst(9)) },
	{
		name: 'PUSH_PROMISE',
		run: once(
			frame(
				PUSH_PROMISE,
				END_HEADERS,
				1,
				Buffer.concat([uint32(2), connectTo(1)]),
			),
		),
	},
	{
		name: 'WINDOW_UPDATE of 0',
		run: once(frame(WINDOW_UPDATE, 0, 0, uint32(0))),
	},
	{
		name: 'a window beyond 2^31',
		run: once(times(3, frame(WINDOW_UPDATE, 0, 0, uint32(2 ** 31 - 1)))),
	},
	{
		name: 'more data than the connection window',
		run: endless(frame(DATA, 0, 1, Buffer.alloc(16_384)), ({ stalls }) =>
			open(1, stalls),
		),
		ends: 'either',
	},
	...Object.entries({
		'SETTINGS of a window beyond 2^31': frame(
			SETTINGS,
			0,
			0,
			setting(4, 2 ** 32 - 1),
		),
		'SETTINGS of a frame size that is not allowed': frame(
			SETTINGS,
			0,
			0,
			setting(5, 1),
		),
		'SETTINGS of 2,000 values': frame(
			SETTINGS,
			0,
			0,
			times(2000, setting(0xbe, 1)),
		),
		'more padding than there is frame': frame(
			DATA,
			PADDED,
			1,
			Buffer.from([255, 1]),
		),
		'a header table resized beyond what was told': frame(
			HEADERS,
			END_HEADERS,
			1,
			Buffer.concat([
				Buffer.from([0x3f, 0xe1, 0xff, 0xff, 0x07]),
				connectTo(1),
			]),
		),
		'a number of HPACK that never ends': frame(
			HEADERS,
			END_HEADERS,
			1,
			Buffer.concat([Buffer.from([0x7f]), Buffer.alloc(8000, 0xff)]),
		),
		'a frame of another stream within headers': Buffer.concat([
			frame(HEADERS, 0, 1, connectTo(1)),
			frame(PING, 0, 0, Buffer.alloc(8)),
		]),
		'CONTINUATION of nothing': frame(
			CONTINUATION,
			END_HEADERS,
			1,
			field('x', 'y'),
		),
		'RST_STREAM of 3 bytes': frame(RST_STREAM, 0, 1, Buffer.alloc(3)),
		'WINDOW_UPDATE of 3 bytes': frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3)),
		'GOAWAY of 4 bytes': frame(GOAWAY, 0, 0, Buffer.alloc(4)),
	}).map(([name, wrong]): Attack => ({ name, run: once(wrong) })),
	{
		name: 'a header field of 16,000 bytes',
		run: perStream((id) =>
			frame(
				HEADERS,
				END_HEADERS + END_STREAM,
				id,
				// A literal of a new name, whose value has a length of 7 bits and more (RFC 7541, 5.1).
				Buffer.concat([
					Buffer.from([0x10, 1, 0x78, 0x7f, 0x81, 0x7c]),
					Buffer.alloc(16_000, 0x61),
				]),
			),
		),
	},
	{ name: 'garbage', run: once(Buffer.alloc(5000, 0xff)) },
	{
		name: 'garbage in the place of the preface',
		run: async (peer) => {
			await peer.tell(Buffer.alloc(5000, 0x61));
			await peer.over();
		},
		early: true,
	},
	{
		name: 'GOAWAY with an error',
		run: once(frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(2)]))),
	},

	// WebSocket.
	{
		name: 'WebSocket pings',
		run: endlessFrames(many(wsFrame(NOTHING, { opcode: WS_PING }))),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'WebSocket pings of 125 bytes',
		run: endlessFrames(many(wsFrame(Buffer.alloc(125), { opcode: WS_PING }))),
		isFlood: true,
	},
	{
		name: 'WebSocket pongs',
		run: endlessFrames(many(wsFrame(NOTHING, { opcode: WS_PONG }))),
		daily: ['udp'],
		isFlood: true,
	},
	{
		name: 'empty messages',
		run: endlessFrames(many(wsFrame(NOTHING))),
		daily: ['websocket'],
		isFlood: true,
	},
	{
		name: 'messages of one byte of a useful frame',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING, open(1, reads));
			await peer.settle();
			const bytes = frame(DATA, 0, 1, Buffer.alloc(1000));
			await peer.flood(
				Buffer.concat(
					Array.from(bytes, (byte) => wsFrame(Buffer.from([byte]))),
				),
			);
		},
	},
	{
		name: 'a message in empty fragments without end',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(NOTHING, { fin: false }));
			await peer.flood(many(wsFrame(NOTHING, { opcode: 0, fin: false })));
		},
		daily: both,
	},
	{
		name: 'a message in fragments of one byte',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(NOTHING, { fin: false }));
			await peer.flood(
				many(wsFrame(Buffer.from('x'), { opcode: 0, fin: false })),
			);
		},
	},
	{
		name: 'a message in fragments of 1,000 bytes',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(NOTHING, { fin: false }));
			await peer.flood(
				many(wsFrame(Buffer.alloc(1000), { opcode: 0, fin: false }), 100),
			);
		},
	},
	{
		name: 'a frame of 1 GiB',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(NOTHING, { length: 2 ** 30 }));
			await peer.flood(Buffer.alloc(65_536));
		},
	},
	{
		name: 'a frame of 4 MiB, byte by byte',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.send(wsFrame(NOTHING, { length: 4 * 2 ** 20 }));
			await peer.drip(Buffer.from('x'));
		},
		ends: 'either',
		daily: ['udp'],
	},
	{
		name: 'useful DATA, byte by byte',
		run: async (peer, { reads }) => {
			await peer.tell(GREETING, open(1, reads));
			await peer.settle();
			await peer.drip(wsFrame(frame(DATA, 0, 1, Buffer.alloc(1000))));
		},
		ends: 'either',
	},
	{
		name: 'a compressed frame (RSV1)',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(Buffer.alloc(10), { reserved: 0x40 }));
		},
	},
	{
		name: 'a text frame',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.send(wsFrame(Buffer.from('hello'), { opcode: TEXT }));
		},
		daily: ['udp'],
	},
	{
		name: 'a close frame, and talk after it',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.send(wsFrame(Buffer.from([3, 233]), { opcode: CLOSE }));
			await peer.flood(wsFrame(Buffer.alloc(1000), { opcode: BINARY }));
		},
	},

	{
		name: 'a compression that was not offered (permessage-deflate)',
		run: async (peer) => {
			await peer.send(
				Buffer.from(
					peer.answer.replace(
						/\r\n$/,
						'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n',
					),
				),
			);
			await peer.over();
		},
		early: true,
	},
	{
		name: 'another subprotocol than was asked for',
		run: async (peer) => {
			await peer.send(Buffer.from(peer.answer.replace('cloudlink.h2', 'mqtt')));
			await peer.over();
		},
		early: true,
	},
	{
		name: 'a page without end in the place of the 101',
		run: async (peer) => {
			await peer.send(
				Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
			);
			await peer.flood(Buffer.from(`8000\r\n${'x'.repeat(0x8000)}\r\n`));
		},
		early: true,
	},
	{
		name: 'fragments of one byte with a ping between them',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.send(wsFrame(NOTHING, { fin: false }));
			await peer.flood(
				many(
					Buffer.concat([
						wsFrame(Buffer.from('x'), { opcode: 0, fin: false }),
						wsFrame(NOTHING, { opcode: WS_PING }),
					]),
				),
			);
		},
	},
	{
		name: 'a ping of 126 bytes',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.send(wsFrame(Buffer.alloc(126), { opcode: WS_PING }));
		},
	},
	{
		name: 'a close frame with a reason that is not UTF-8',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			const reason = Buffer.concat([
				Buffer.from([3, 232]),
				Buffer.alloc(123, 0xff),
			]);
			await peer.send(wsFrame(reason, { opcode: CLOSE }));
			await peer.over();
		},
	},

	...Object.entries({
		'a masked frame of a server': wsFrame(NOTHING, { masked: true }),
		'a frame of 2^63 bytes': wsFrame(NOTHING, { length: 2 ** 63 }),
		'a frame of 2^53 bytes': wsFrame(NOTHING, { length: 2 ** 53 }),
		'a frame of an opcode that is reserved': wsFrame(NOTHING, { opcode: 3 }),
		'a control frame of an opcode that is reserved': wsFrame(NOTHING, {
			opcode: 11,
		}),
		'a ping in fragments': wsFrame(NOTHING, { opcode: WS_PING, fin: false }),
		'a fragment of no message': wsFrame(NOTHING, { opcode: 0 }),
		'a message within a message': Buffer.concat([
			wsFrame(NOTHING, { fin: false }),
			wsFrame(NOTHING),
		]),
		'a close frame of one byte': wsFrame(Buffer.from([3]), { opcode: CLOSE }),
		...Object.fromEntries(
			[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map((code) => [
				`a close frame with code ${code}`,
				wsFrame(uint32(code).subarray(2), { opcode: CLOSE }),
			]),
		),
	}).map(([name, frames]): Attack => ({
		name,
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.send(frames);
			await peer.over();
		},
	})),
	{
		name: 'useful messages of 700 bytes that go to 20 ends of a service',
		run: async (peer, { reads }) => {
			const credit = peer.obey();
			const streams = ids(20);
			await peer.tell(UNACKNOWLEDGED, ...streams.map((id) => open(id, reads)));
			await peer.settle();
			while (peer.alive) {
				for (const id of streams) {
					await peer.tellData(credit, [[id, 700]]);
				}
				await peer.pauseFor(0);
			}
		},
		ends: 'held',
	},

	// UDP.
	{
		name: 'UDP packets with a gap after each',
		run: forged(() => PING_OF_UDP, { numberOf: (count) => 2 * count }),
		only: 'udp',
	},
	{
		name: 'bytes of the stream out of order, with a hole after each',
		run: forged((count, offset) => {
			const into = Buffer.alloc(10);
			writeStream(
				into,
				0,
				offset + 2 + 2 * (count % 30_000),
				Buffer.from('x'),
				false,
			);
			return into;
		}),
		only: 'udp',
		daily: ['udp'],
	},
	{
		name: 'stream bytes beyond the window',
		run: forged((_count, offset) => {
			const into = Buffer.alloc(10);
			writeStream(into, 0, offset + 2 ** 24, Buffer.from('x'), false);
			return into;
		}),
		only: 'udp',
	},
	{
		name: 'acknowledgements of packets that were never sent',
		run: forged(() => ackOf([{ low: 0, high: 2 ** 31 }])),
		only: 'udp',
	},
	{
		name: 'acknowledgements in 16 ranges that say nothing new',
		run: forged(() =>
			ackOf(
				Array.from({ length: 16 }, (_, index) => ({
					low: 32 - 2 * index,
					high: 32 - 2 * index,
				})),
			),
		),
		only: 'udp',
	},
	{
		name: 'PATH_CHALLENGE without end',
		run: forged((count) => {
			const data = Buffer.alloc(8);
			data.writeUInt32BE(count);
			return times(100, pathFrame('path-challenge', data));
		}),
		only: 'udp',
	},
	{
		name: 'tokens for the next connection, without end',
		run: forged((count) => {
			const token = Buffer.alloc(64, count);
			return times(
				10,
				newTokenFrame({
					serverId: token.subarray(0, 8),
					secret: token.subarray(0, 16),
					token,
				}),
			);
		}),
		only: 'udp',
	},
	{
		name: 'keys that change with every packet',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			let last: PacketKey | undefined;
			await peer.forgePackets(() => PING_OF_UDP, {
				phaseOf: (count) => (count % 2 === 0 ? 1 : 0),
				keyOf: ({ seal }) => (last = (last ?? seal).next()),
				// One that is lost ends the chain.
				perTurn: 10,
			});
		},
		only: 'udp',
	},
	{
		name: 'a thousand frames in each UDP packet',
		run: forged(() => Buffer.alloc(1300, 1)),
		only: 'udp',
	},
	{
		name: 'CLOSE of UDP, with every code',
		run: forged((count) => closeFrame(count % 256)),
		only: 'udp',
	},
	{
		name: 'valid UDP packets that bring nothing',
		run: async (peer) => {
			await peer.tell(GREETING);
			await peer.settle();
			await peer.floodPackets();
			await peer.over();
		},
		only: 'udp',
		daily: ['udp'],
	},

	// Before there is a link.
	{
		name: '102 Processing, again and again, in the place of the 101',
		run: async (peer) => {
			await peer.flood(many(Buffer.from('HTTP/1.1 102 Processing\r\n\r\n')));
		},
		early: true,
		daily: ['websocket'],
	},
	{
		name: 'headers without end in the answer to the upgrade',
		run: async (peer) => {
			await peer.send(Buffer.from('HTTP/1.1 101 Switching Protocols\r\n'));
			await peer.flood(many(Buffer.from('x: y\r\n')));
		},
		early: true,
	},
];
