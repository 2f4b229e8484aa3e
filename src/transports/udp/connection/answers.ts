import { decodeAnswer, decodeReset } from '../wire/keyless.js';
import { busyEnd, type End } from './end.js';
import type { Handshake } from './handshake.js';

export interface AnswersParts {
	readonly handshake: Handshake;
	readonly vanish: (end: End) => void;
	/** A RETRY has changed the IDs: everything is sent again under them. */
	readonly restart: (nowMs: number) => void;
}

/** What may come to a device without a key: answers to its question, and the word of a node that has restarted. */
export class Answers {
	readonly #parts: AnswersParts;
	/** What proves that the node has forgotten the connection. */
	#resetToken: Buffer | undefined;

	constructor(parts: AnswersParts) {
		this.#parts = parts;
	}

	/** The node has told its proof; the first one counts. */
	onResetToken(token: Buffer): void {
		this.#resetToken ??= Buffer.from(token);
	}

	/** Returns whether the datagram meant something. */
	receive(datagram: Buffer, nowMs: number): boolean {
		const { handshake, vanish, restart } = this.#parts;
		const { role, clientId, nonce } = handshake.options;
		if (role === 'server') {
			return false;
		}
		const reset = decodeReset(datagram);
		if (
			reset?.serverId.equals(handshake.serverId) &&
			this.#resetToken?.equals(reset.proof)
		) {
			vanish({ reason: 'reset' });
			return true;
		}
		const answer = handshake.isAnswered ? undefined : decodeAnswer(datagram);
		if (!answer?.clientId.equals(clientId) || !answer.nonce.equals(nonce)) {
			return false;
		}
		if (answer.type === 'busy') {
			vanish(busyEnd(answer.retryAfterSeconds));
		} else if (answer.type === 'version') {
			vanish({ reason: 'version', versions: answer.versions });
		} else if (handshake.retry(answer.serverId, answer.token)) {
			restart(nowMs);
		}
		return true;
	}
}
