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

/** What a hostile node does once the device has come to it. */
export interface Attack {
	readonly name: string;
	readonly run: (peer: Peer, services: Services) => Promise<void>;
	/**
	 * What is expected: `cut`, the link ends; `held`, it costs so little that it may go on for ever; `either`.
	 * @default 'cut'
	 */
	readonly ends?: 'cut' | 'held' | 'either';
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
	{ name: 'PING', run: endless(many(ping)), daily: both },
	{ name: 'PING, one to a message', run: endlessFrames(many(wsFrame(ping))) },
	{
		name: 'PING ACK',
		run: endless(many(frame(PING, ACK, 0, Buffer.alloc(8)))),
	},
	{
		name: 'SETTINGS',
		run: endless(many(frame(SETTINGS, 0, 0))),
		daily: ['websocket'],
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
	},
	{ name: 'SETTINGS ACK', run: endless(many(frame(SETTINGS, ACK, 0))) },
	{
		name: 'PRIORITY',
		run: endless(many(frame(PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 16])))),
		daily: ['udp'],
	},
	{
		name: 'PRIORITY_UPDATE',
		run: endless(
			many(frame(PRIORITY_UPDATE, 0, 0, Buffer.from('\0\0\0\x01u=1'))),
		),
	},
	{ name: 'unknown frames, empty', run: endless(many(frame(0xbe, 0, 0))) },
	{
		name: 'unknown frames of 16 KiB',
		run: endless(many(frame(0xbe, 0, 1, Buffer.alloc(16_384)), 4)),
	},
	{
		name: 'WINDOW_UPDATE of the connection',
		run: endless(many(frame(WINDOW_UPDATE, 0, 0, uint32(1)))),
		daily: ['websocket'],
	},
	{
		name: 'WINDOW_UPDATE of a stream',
		run: endless(many(frame(WINDOW_UPDATE, 0, 1, uint32(1))), ({ reads }) =>
			open(1, reads),
		),
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
	},
	{
		name: 'DATA of one byte, to a service that reads',
		run: endless(many(oneByte(1)), ({ reads }) => open(1, reads)),
		daily: ['udp'],
	},
	{
		name: 'DATA of one byte, to a service that does not read',
		run: endless(many(oneByte(1)), ({ stalls }) => open(1, stalls)),
		daily: both,
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
	},
	{
		name: 'DATA of 300 bytes on 1,000 streams that nobody reads, SETTINGS never acknowledged',
		run: stalledStreams(300, false),
	},
	{
		name: 'windows of 1,000 stalled streams filled, SETTINGS never acknowledged',
		run: stalledStreams(16_000, false),
		daily: ['websocket'],
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
		name: 'trailers of a stream, again and again',
		run: endless(
			many(frame(HEADERS, END_HEADERS, 1, field('x', 'y'))),
			({ reads }) => open(1, reads),
		),
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
	},
	{
		name: 'WebSocket pings of 125 bytes',
		run: endlessFrames(many(wsFrame(Buffer.alloc(125), { opcode: WS_PING }))),
	},
	{
		name: 'WebSocket pongs',
		run: endlessFrames(many(wsFrame(NOTHING, { opcode: WS_PONG }))),
		daily: ['udp'],
	},
	{
		name: 'empty messages',
		run: endlessFrames(many(wsFrame(NOTHING))),
		daily: ['websocket'],
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

	// UDP.
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
