import { systemClock } from '../../../runtime/index.js';
import { OpenvpnProcess } from '../../../transports/openvpn/child.js';
import { ManagementConnection } from '../../../transports/openvpn/management-connection.js';
import type { Notice } from '../../../transports/openvpn/management-line.js';
import { ManagementSocket } from '../../../transports/openvpn/management-socket.js';
import { quote } from '../../../transports/openvpn/quote.js';
import type { Reply } from '../../../transports/openvpn/replies.js';
import {
	serverConfiguration,
	type ServerConfiguration,
} from './configuration.js';
import { LoginReader, type Login } from './logins.js';

/** A device is let in, with more to push and more lines of its client configuration. */
interface Welcome {
	readonly accept: readonly string[];
	readonly config?: readonly string[];
}

/** What a login is answered: a welcome, a refusal in words, or nothing ever. */
export type Verdict = Welcome | { readonly deny: string } | 'never';

export interface OpenvpnServerOptions extends ServerConfiguration {
	readonly binary?: string;
	/** @default everybody is let in */
	readonly authenticate?: (login: Login) => Verdict;
}

/** A stock openvpn server, with its management interface in our hands. Needs root and /dev/net/tun. */
export class OpenvpnServer {
	/** Each login so far, whatever became of it. */
	readonly logins: Login[] = [];
	/** Clients that were let in and have not gone, by client id. */
	readonly connected = new Map<string, Login>();
	readonly process: OpenvpnProcess;
	#connection: ManagementConnection | undefined;
	#onReady: (() => void) | undefined;
	readonly #reader: LoginReader;

	static async start(options: OpenvpnServerOptions): Promise<OpenvpnServer> {
		const socket = await ManagementSocket.open();
		const server = new OpenvpnServer(options, socket);
		const ready = new Promise<void>((resolve) => {
			server.#onReady = resolve;
		});
		const failed = server.process.ended.then(({ output, spawnError }) => {
			throw new Error(
				`the openvpn server did not start: ${spawnError?.message ?? output.slice(-5).join(' | ')}`,
			);
		});
		// Later its end is nobody's failure.
		failed.catch(() => undefined);
		try {
			await Promise.race([ready, failed]);
			return server;
		} finally {
			await socket.close();
		}
	}

	private constructor(options: OpenvpnServerOptions, socket: ManagementSocket) {
		this.#reader = new LoginReader({
			onLogin: (login) => {
				this.logins.push(login);
				const verdict = options.authenticate?.(login) ?? { accept: [] };
				void this.answer(login, verdict);
			},
			onConnected: (login) => {
				this.connected.set(login.cid, login);
			},
			onGone: (cid) => {
				this.connected.delete(cid);
			},
		});
		socket.accept((connection) => {
			this.#connection = new ManagementConnection(
				connection,
				{
					onNotice: this.#onNotice,
					onGarbage: () => undefined,
					onEnd: () => undefined,
				},
				(line) => line,
			);
			// It may be ready before it hears this.
			void this.command('state on');
			void this.#connection.send('state', 'block').then(({ lines }) => {
				if (lines.some((line) => line.includes(',CONNECTED,'))) {
					this.#onReady?.();
				}
			});
		});
		this.process = new OpenvpnProcess({
			binary: options.binary ?? 'openvpn',
			configuration: serverConfiguration(options, socket.path),
			clock: systemClock,
			clean: (line) => line,
		});
	}

	/** A command of the management interface, as an operator types it. @param form `block` where lines up to END answer it */
	command(text: string, form?: 'block'): Promise<Reply> {
		return (
			this.#connection?.send(text, form) ??
			Promise.resolve({ ok: false, lines: ['not connected'] })
		);
	}

	/** The client id of a device that is connected. */
	cidOf(uuid: string): string | undefined {
		return [...this.connected.values()].findLast((login) => login.uuid === uuid)
			?.cid;
	}

	/** Answers a login, at once or later. */
	async answer(login: Login, verdict: Verdict): Promise<void> {
		if (verdict === 'never') {
			return;
		}
		const { cid, kid } = login;
		if ('deny' in verdict) {
			await this.command(
				`client-deny ${cid} ${kid} "denied" ${quote(verdict.deny)}`,
			);
			return;
		}
		await this.command(
			[
				`client-auth ${cid} ${kid}`,
				...verdict.accept.map((text) => `push ${quote(text)}`),
				...(verdict.config ?? []),
				'END',
			].join('\n'),
		);
	}

	signal(signal: NodeJS.Signals): void {
		process.kill(this.process.pid!, signal);
	}

	async stop(): Promise<void> {
		this.process.terminate();
		await this.process.ended;
		this.#connection?.destroy();
	}

	readonly #onNotice = (notice: Notice) => {
		if (notice.type === 'state' && notice.name === 'CONNECTED') {
			this.#onReady?.();
		} else if (notice.type === 'other') {
			this.#reader.read(notice.text);
		}
	};
}
