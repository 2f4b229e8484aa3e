import type { ServerHttp2Stream } from 'node:http2';

import type { Hint } from '../hint.js';
import type { Clock } from '../runtime/index.js';
import { parseHintJson } from './hint-json.js';
import type { TunnelLimits } from './limits.js';
import { refuse } from './refuse.js';

/** Reads the body of a hint request within its bounds, and answers 204, or 400, 408 or 413. */
export function receiveHint(
	stream: ServerHttp2Stream,
	limits: Pick<TunnelLimits, 'maxHintBytes' | 'hintBodyMs'>,
	clock: Clock,
	onHint: (hint: Hint) => void,
): void {
	// One buffer: a body in frames of one byte would cost a hundred times its size as chunks.
	const body = Buffer.allocUnsafe(limits.maxHintBytes);
	let bytes = 0;
	const timer = clock.setTimer(limits.hintBodyMs, () => {
		refuse(stream, 408);
	});
	stream.on('data', (chunk: Buffer) => {
		if (bytes + chunk.length > body.length) {
			refuse(stream, 413);
		} else {
			bytes += chunk.copy(body, bytes);
		}
	});
	stream.on('end', () => {
		if (stream.closed || stream.aborted || stream.headersSent) {
			return;
		}
		const hint = parseHintJson(body.toString('utf8', 0, bytes));
		if (!hint) {
			refuse(stream, 400);
			return;
		}
		stream.respond({ ':status': 204 }, { endStream: true });
		onHint(hint);
	});
	stream.on('close', () => {
		timer.cancel();
	});
}
