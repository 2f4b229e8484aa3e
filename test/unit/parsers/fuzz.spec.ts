import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

import {
	readDocument,
	writeDocument,
	type DecisionOptions,
} from '../../../src/decisions/index.js';
import { nodeChoice } from '../../../src/nodes/index.js';
import { resolvePacing } from '../../../src/pacing/index.js';
import { decodeState, encodeState } from '../../../src/state-file/format.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';
import { parseConfiguration } from '../../../src/transports/openvpn/configuration.js';
import {
	parseAuthFailure,
	parseEchoHint,
	parseRestart,
} from '../../../src/transports/openvpn/hints.js';
import { LineSplitter } from '../../../src/transports/openvpn/line-splitter.js';
import {
	isNotice,
	parseNotice,
} from '../../../src/transports/openvpn/management-line.js';
import type { Frame } from '../../../src/transports/udp/wire/frames.js';
import { decodeFrames } from '../../../src/transports/udp/wire/decode-frames.js';
import {
	closeFrame,
	keyConfirmFrame,
	newTokenFrame,
	pathFrame,
	PING,
	writeAck,
	writeStream,
} from '../../../src/transports/udp/wire/encode-frames.js';
import {
	decodeAnswer,
	decodeHello,
	decodeReset,
	encodeAnswer,
	encodeHello,
} from '../../../src/transports/udp/wire/keyless.js';
import { TAG_BYTES } from '../../../src/transports/udp/wire/limits.js';
import {
	decodeProtected,
	destinationOf,
} from '../../../src/transports/udp/wire/packet.js';
import { parseHintJson } from '../../../src/tunnel/hint-json.js';
import { FrameHeads } from '../../../src/tunnel/guard/frame-heads.js';
import { INCOMING } from '../../../src/tunnel/guard/http2-format.js';
import {
	ACK,
	connectTo,
	DATA,
	frame,
	HEADERS,
	PING as HTTP2_PING,
	SETTINGS,
} from '../../hostile/frames.js';
import { mutate } from '../../support/mutate.js';

const LONG = process.env['CLOUDLINK_LONG'] !== undefined;
/** Inputs for each parser. */
const INPUTS = Number(process.env['INPUTS'] ?? (LONG ? 1_200_000 : 4000));
const SEED = process.env['SEED'] ?? randomBytes(4).toString('hex');

const saved = (name: string): unknown =>
	JSON.parse(
		readFileSync(
			new URL(`../../fixtures/corpus/${name}.json`, import.meta.url),
			'utf8',
		),
	);
const texts = (name: string) =>
	(saved(name) as unknown[]).map((text) =>
		Buffer.from(typeof text === 'string' ? text : JSON.stringify(text)),
	);
const packets = () =>
	Object.values(saved('packets') as Record<string, string>).map((hex) =>
		Buffer.from(hex.replaceAll(' ', ''), 'hex'),
	);

const id = Buffer.from('12345678');
const written = (write: (into: Buffer) => number) => {
	const into = Buffer.alloc(200);
	return into.subarray(0, write(into));
};
const FRAMES: Buffer[] = [
	PING,
	closeFrame(3),
	keyConfirmFrame(Buffer.alloc(16, 1)),
	newTokenFrame({ serverId: id, secret: Buffer.alloc(16), token: id }),
	pathFrame('path-challenge', id),
	pathFrame('path-response', id),
	written((into) => writeStream(into, 0, 7, Buffer.from('data'), true)),
	written((into) =>
		writeAck(
			into,
			0,
			[
				{ low: 7, high: 9 },
				{ low: 1, high: 3 },
			],
			1.5,
			70_000,
		),
	),
];
const ANSWERS = [
	encodeAnswer({
		type: 'retry',
		clientId: id,
		serverId: id,
		nonce: id,
		token: id,
	}),
	encodeAnswer({ type: 'busy', clientId: id, nonce: id, retryAfterSeconds: 9 }),
	encodeAnswer({ type: 'version', clientId: id, nonce: id, versions: [1, 2] }),
	encodeHello(id, id, 952).subarray(0, 60),
];

function encodeFrame(one: Frame): Buffer {
	switch (one.type) {
		case 'ping':
			return PING;
		case 'close':
			return closeFrame(one.code);
		case 'key-confirm':
			return keyConfirmFrame(one.resetToken);
		case 'new-token':
			return newTokenFrame(one);
		case 'stream':
			return written((into) =>
				one.data.length > 180
					? 0
					: writeStream(into, 0, one.offset, one.data, one.fin),
			);
		case 'ack':
			return written((into) =>
				writeAck(into, 0, one.ranges, one.delayMs, one.limit),
			);
		default:
			return pathFrame(one.type, one.data);
	}
}

/** Durations and shares are finite and not negative, whatever a node writes. */
function expectHint(hint: object | undefined): void {
	for (const value of Object.values(hint ?? {})) {
		if (value !== true && value !== false && !(value >= 0 && value < 1e12)) {
			throw new Error(`a hint of ${String(value)}`);
		}
	}
}

const OPTIONS: DecisionOptions = {
	uuid: 'a1b2c3d',
	nodes: ['node', 'other'].map((host) => ({
		name: `${host}:443`,
		host,
		port: 443,
	})),
	transports: [{ name: 'udp', carrier: 'udp' }, { name: 'websocket' }],
	returnAfterMs: 300_000,
	standbyMs: 60_000,
	connectDeadlineMs: 10_000,
	nodeChoice,
	pacing: resolvePacing(),
};

function json(bytes: Buffer): unknown {
	try {
		return JSON.parse(bytes.toString());
	} catch {
		return undefined;
	}
}

/** What each parser is, the inputs to begin with, and what has to hold for every input. */
const PARSERS: ReadonlyArray<
	readonly [
		name: string,
		corpus: readonly Buffer[],
		check: (bytes: Buffer) => void,
	]
> = [
	[
		'packets of UDP',
		packets(),
		(bytes) => {
			const packet = decodeProtected(bytes);
			// Whoever reads on relies on room for frames and a tag, and on whom it is for.
			if (
				packet &&
				(packet.framesAt + TAG_BYTES >= bytes.length || !destinationOf(bytes))
			) {
				throw new Error('a packet without room for a frame, or for nobody');
			}
			decodeReset(bytes);
		},
	],
	[
		'packets of UDP without a key',
		ANSWERS,
		(bytes) => {
			decodeHello(bytes);
			const answer = decodeAnswer(bytes);
			if (answer) {
				expect(decodeAnswer(encodeAnswer(answer))).to.deep.equal(answer);
			}
		},
	],
	[
		'frames of UDP',
		[...FRAMES, Buffer.concat(FRAMES)],
		(bytes) => {
			const frames = decodeFrames(bytes);
			if (!frames) {
				return;
			}
			if (frames.length > bytes.length) {
				throw new Error('more frames than bytes');
			}
			for (const one of frames) {
				const [again] = decodeFrames(encodeFrame(one)) ?? [];
				if (again) {
					expect(again).to.deep.equal(one);
				}
			}
		},
	],
	[
		'frames of HTTP/2',
		[
			frame(DATA, 0, 1, Buffer.from('data')),
			frame(HEADERS, 4, 1, connectTo(80)),
			Buffer.concat([frame(SETTINGS, ACK, 0), frame(HTTP2_PING, 0, 0, id)]),
		],
		(bytes) => {
			const read = (...pieces: Buffer[]) => {
				const heads: string[] = [];
				let payload = 0;
				const reader = new FrameHeads(INCOMING, {
					onHead: (from, at) =>
						heads.push(from.toString('hex', at, at + 9)) > 0,
					onPayload: (from, to) => (payload += to - from),
				});
				for (const piece of pieces) {
					reader.read(piece);
				}
				return `${heads.join()} ${payload}`;
			};
			const cut = bytes.length >> 1; // eslint-disable-line no-bitwise -- a half
			const whole = read(bytes);
			if (whole !== read(bytes.subarray(0, cut), bytes.subarray(cut))) {
				throw new Error('read otherwise when it comes in two pieces');
			}
		},
	],
	[
		'hints in JSON',
		texts('hints'),
		(bytes) => {
			expectHint(parseHintJson(bytes.toString()));
		},
	],
	[
		'hints in words',
		texts('hint-words'),
		(bytes) => {
			const text = bytes.toString();
			for (const parse of [parseEchoHint, parseAuthFailure, parseRestart]) {
				expectHint(parse(text).hint);
			}
		},
	],
	[
		'lines of the management interface',
		texts('management'),
		(bytes) => {
			const cut = bytes.length >> 1; // eslint-disable-line no-bitwise -- a half
			const lines = new LineSplitter().push(bytes);
			const other = new LineSplitter();
			const parts = [
				...other.push(bytes.subarray(0, cut)),
				...other.push(bytes.subarray(cut)),
			];
			if (lines.join('\n') !== parts.join('\n')) {
				throw new Error('other lines when they come in two pieces');
			}
			for (const line of lines) {
				if (isNotice(line)) {
					parseNotice(line);
				}
			}
		},
	],
	[
		'configurations of openvpn',
		texts('configuration'),
		(bytes) => {
			const text = bytes.toString();
			const { directives, problems } = parseConfiguration(text);
			if (directives.length + problems.length > 2 * text.length + 2) {
				throw new Error('more directives than text');
			}
			if (problems.length === 0) {
				const again = parseConfiguration(
					directives.map((one) => one.text).join('\n'),
				);
				expect(again).to.deep.equal({ directives, problems });
			}
		},
	],
	[
		'state files',
		texts('state').map((document) =>
			Buffer.from(
				encodeState({
					stamp: { wallMs: 1.7e12, bootId: 'boot', bootMs: 5 },
					document: JSON.parse(document.toString()),
				}),
			),
		),
		(bytes) => {
			let record;
			try {
				record = decodeState(bytes.toString());
			} catch (error) {
				// It says what is wrong; a slip of ours would be a TypeError or its like.
				if ((error as Error).name !== 'Error') {
					throw error;
				}
				return;
			}
			expect(decodeState(encodeState(record))).to.deep.equal(record);
		},
	],
	[
		'state documents',
		texts('state'),
		(bytes) => {
			const first = writeDocument(
				readDocument(OPTIONS, json(bytes), 0).state,
				0,
			);
			const again = writeDocument(readDocument(OPTIONS, first, 0).state, 0);
			expect(JSON.parse(JSON.stringify(again))).to.deep.equal(
				JSON.parse(JSON.stringify(first)),
			);
		},
	],
];

/** One in so many inputs is timed; none may take longer than this, a collection of garbage included. */
const LONGEST_MS = 250;

describe('Whatever comes, the parser of', () => {
	for (const [name, corpus, check] of PARSERS) {
		it(`${name} reads it or refuses it, in time`, () => {
			const random = seededRandom(`${SEED} ${name}`);
			for (let input = 0; input < INPUTS; input++) {
				const bytes = mutate(random, corpus);
				const startMs = performance.now();
				try {
					check(bytes);
					if (performance.now() - startMs > LONGEST_MS) {
						check(bytes);
						expect(performance.now() - startMs).to.be.below(8 * LONGEST_MS);
					}
				} catch (cause) {
					throw new Error(
						`${(cause as Error).message}\ninput ${input}: ${bytes.toString('hex')}\nreplay: SEED=${SEED} INPUTS=${input + 1} npx mocha test/unit/parsers/fuzz.spec.ts -g '${name}'`,
						{ cause },
					);
				}
			}
		}).timeout(INPUTS > 10_000 ? 3_600_000 : 30_000);
	}
});
