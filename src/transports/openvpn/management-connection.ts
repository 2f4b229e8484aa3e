import type { Duplex } from 'node:stream';

import { LineSplitter } from './line-splitter.js';
import { isNotice, parseNotice, type Notice } from './management-line.js';
import { Replies, type Reply, type ReplyShape } from './replies.js';

export interface ManagementListener {
	onNotice(notice: Notice): void;
	/** What comes is no management interface; nothing more is read. */
	onGarbage(): void;
	/** The connection ended, in whichever way. Comes once. */
	onEnd(): void;
	/** Openvpn wants the password of its management interface before anything else; again where it was the wrong one. */
	onPasswordPrompt?(): void;
}

/** The only thing that openvpn says without a line end; a wrong password is answered by the same again, and by nothing else. */
const PASSWORD_PROMPTS = /^(?:ENTER PASSWORD:)+/;

/** The management protocol on one connection: commands with their answers, and notices. */
export class ManagementConnection {
	readonly #lines = new LineSplitter();
	readonly #replies = new Replies();
	#ended = false;
	/** How much of prompts was told. */
	#prompted = 0;

	/**
	 * @param clean - applied to each line before anything else sees it: takes secrets out that openvpn
	 * or the node repeats.
	 */
	readonly #socket: Duplex;
	readonly #listener: ManagementListener;
	readonly #clean: (line: string) => string;

	constructor(
		socket: Duplex,
		listener: ManagementListener,
		clean: (line: string) => string,
	) {
		this.#socket = socket;
		this.#listener = listener;
		this.#clean = clean;

		socket.on('data', this.#onData);
		socket.on('error', this.#onEnd);
		socket.on('close', this.#onEnd);
		socket.on('end', this.#onEnd);
	}

	/** Sends a command. Never rejects: a connection that ends answers with `ok: false`. */
	send(command: string, shape: ReplyShape = 'line'): Promise<Reply> {
		return new Promise((resolve) => {
			if (this.#ended) {
				resolve({ ok: false, lines: ['the connection ended'] });
				return;
			}
			this.#replies.expect(shape, resolve);
			this.#socket.write(`${command}\n`);
		});
	}

	/** Sends a command, and tells of an error in its answer; never what may be a credential. */
	order(command: string, onRefused: (told: string) => void): void {
		void this.send(command).then(({ ok, lines }) => {
			if (!ok) {
				const [word] = command.split(' ', 1);
				const isSecret = word === 'username' || word === 'password';
				onRefused(isSecret ? word : `${word}: ${lines[0]}`);
			}
		});
	}

	/** Cuts the connection; the listener hears nothing more. */
	destroy(): void {
		this.#ended = true;
		this.#replies.end();
		this.#socket.destroy();
	}

	/** Ends the connection after what was sent has gone out. */
	finish(): void {
		this.#ended = true;
		this.#replies.end();
		this.#socket.end(() => this.#socket.destroy());
	}

	readonly #onData = (chunk: Buffer): void => {
		for (const raw of this.#lines.push(chunk)) {
			if (this.#ended) {
				return;
			}
			const line = this.#clean(raw.replace(PASSWORD_PROMPTS, ''));
			if (isNotice(line)) {
				this.#listener.onNotice(parseNotice(line));
			} else {
				this.#replies.push(line);
			}
		}
		const prompts = PASSWORD_PROMPTS.exec(this.#lines.unfinished)?.[0] ?? '';
		if (!this.#ended && prompts.length > this.#prompted) {
			this.#prompted = prompts.length;
			this.#listener.onPasswordPrompt?.();
		}
		if (this.#lines.overflowed && !this.#ended) {
			this.#socket.pause();
			this.#listener.onGarbage();
		}
	};

	readonly #onEnd = (): void => {
		if (!this.#ended) {
			this.#ended = true;
			this.#replies.end();
			this.#socket.destroy();
			this.#listener.onEnd();
		}
	};
}

/** A key is only looked for where it is long enough not to be part of ordinary words. */
const SHORTEST_SECRET = 8;

/** Makes a function that takes a secret out of a line. */
export function withoutSecret(
	secret: string | undefined,
): (line: string) => string {
	return secret === undefined || secret.length < SHORTEST_SECRET
		? (line) => line
		: (line) => line.replaceAll(secret, '[key]');
}
