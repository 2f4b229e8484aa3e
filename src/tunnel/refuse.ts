import {
	constants,
	type OutgoingHttpHeaders,
	type ServerHttp2Stream,
} from 'node:http2';

/**
 * Answers a request with a status and nothing else. What the node still sends on the stream is dropped, and
 * RST_STREAM NO_ERROR tells it to stop (RFC 9113, 8.1), so that a refused stream does not stay half open.
 */
export function refuse(
	stream: ServerHttp2Stream,
	status: number,
	headers: OutgoingHttpHeaders = {},
): void {
	if (stream.destroyed || stream.closed || stream.headersSent) {
		return;
	}
	stream.resume();
	stream.respond({ ':status': status, ...headers }, { endStream: true });
	stream.close(constants.NGHTTP2_NO_ERROR);
}
