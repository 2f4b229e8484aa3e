import { OpenvpnProcess } from '../../transports/openvpn/child.js';
import { ManagementConnection } from '../../transports/openvpn/management-connection.js';
import type { Notice } from '../../transports/openvpn/management-line.js';
import { ManagementSocket } from '../../transports/openvpn/management-socket.js';
import { quote } from '../../transports/openvpn/quote.js';
import type { Reply } from '../../transports/openvpn/replies.js';
import { systemClock } from '../../runtime/index.js';

/** A device that asks to be let in. */
export interface Login {
	readonly cid: string;
	readonly kid: string;
	readonly uuid: string;
	readonly key: string;
}

/** A device is let in, with more to push and more lines of its client configuration. */
interface Welcome {
	readonly accept: readonly string[];
	readonly config?: readonly string[];
}

/** What a login is answered: a welcome, a refusal in words, or nothing ever. */
export type Verdict = Welcome | { readonly deny: string } | 'never';

export interface OpenvpnServerOptions {
	readonly protocol: 'tcp' | 'udp';
	readonly port: number;
	/** The address to listen on. @default '127.0.0.1' */
	readonly address?: string;
	/** PEM. */
	readonly certificate: { ca: string; cert: string; key: string };
	/** The name of its tun device, which it needs though no traffic passes through. */
	readonly device: string;
	readonly directives?: readonly string[];
	readonly binary?: string;
	/** @default everybody is let in */
	readonly authenticate?: (login: Login) => Verdict;
}

const STOCK = [
	'mode server',
	'tls-server',
	'dev-type tun',
	'topology p2p',
	'dh none',
	'verify-client-cert none',
	'username-as-common-name',
	'duplicate-cn',
	'management-client-auth',
	'verb 3',
];

/** A tun without addresses, so that several servers can share one machine. */
export const NO_ADDRESSES = [
	'ifconfig 10.50.0.1 10.50.0.2',
	'ifconfig-pool 10.50.0.3 10.50.0.250',
	'ifconfig-noexec',
	'route-noexec',
];

/** A stock openvpn server, with its management interface in our hands. Needs root and /dev/net/tun. */
export class OpenvpnServer {
	/** Each login so far, whatever became of it. */
	readonly logins: Login[] = [];
	/** Clients that were let in and have not gone, by client id. */
	readonly connected = new Map<string, Login>();
	private connection: ManagementConnection | undefined;
	private open: { head: string[]; env: Map<string, string> } | undefined;
	private onReady: (() => void) | undefined;

	static async start(options: OpenvpnServerOptions): Promise<OpenvpnServer> {
		const socket = await ManagementSocket.open();
		const server = new OpenvpnServer(options, socket);
		const ready = new Promise<void>((resolve) => {
			server.onReady = resolve;
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

	readonly process: OpenvpnProcess;

	private constructor(
		private readonly options: OpenvpnServerOptions,
		socket: ManagementSocket,
	) {
		socket.accept((connection) => {
			this.connection = new ManagementConnection(
				connection,
				{
					onNotice: (notice) => {
						this.onNotice(notice);
					},
					onGarbage: () => undefined,
					onEnd: () => undefined,
				},
				(line) => line,
			);
			// It may be ready before it hears this.
			void this.command('state on');
			void this.connection.send('state', 'block').then(({ lines }) => {
				if (lines.some((line) => line.includes(',CONNECTED,'))) {
					this.onReady?.();
				}
			});
		});
		this.process = new OpenvpnProcess({
			binary: options.binary ?? 'openvpn',
			configuration: this.configuration(socket.path),
			clock: systemClock,
			clean: (line) => line,
		});
	}

	/** A command of the management interface, as an operator types it. */
	command(text: string): Promise<Reply> {
		return (
			this.connection?.send(text) ??
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
		this.connection?.destroy();
	}

	private configuration(managementSocket: string): string {
		const { protocol, port, address, certificate, device } = this.options;
		const { directives = NO_ADDRESSES } = this.options;
		return [
			...STOCK,
			`proto ${protocol === 'tcp' ? 'tcp4-server' : 'udp4'}`,
			`local ${address ?? '127.0.0.1'}`,
			`port ${port}`,
			`dev ${device}`,
			`management ${quote(managementSocket)} unix`,
			'management-client',
			...Object.entries(certificate).map(
				([name, pem]) => `<${name}>\n${pem.trim()}\n</${name}>`,
			),
			...directives,
			'',
		].join('\n');
	}

	private onNotice(notice: Notice): void {
		if (notice.type === 'state' && notice.name === 'CONNECTED') {
			this.onReady?.();
		} else if (notice.type === 'other') {
			this.onClientLine(notice.text);
		}
	}

	/** `>CLIENT:CONNECT,CID,KID`, then `>CLIENT:ENV,name=value` lines up to `>CLIENT:ENV,END`. */
	private onClientLine(line: string): void {
		const [, kind, rest] = /^>CLIENT:(\w+),(.*)$/.exec(line) ?? [];
		if (kind === undefined) {
			return;
		}
		if (kind !== 'ENV') {
			this.open = { head: [kind, ...rest!.split(',')], env: new Map() };
		} else if (rest !== 'END') {
			const at = rest!.indexOf('=');
			this.open?.env.set(rest!.slice(0, at), rest!.slice(at + 1));
		} else if (this.open) {
			this.onClient(this.open.head, this.open.env);
			this.open = undefined;
		}
	}

	private onClient(head: readonly string[], env: Map<string, string>): void {
		const [kind, cid, kid] = head;
		if (kind === 'DISCONNECT') {
			this.connected.delete(cid!);
			return;
		}
		const login: Login = {
			cid: cid!,
			kid: kid!,
			uuid: env.get('username') ?? '',
			key: env.get('password') ?? '',
		};
		if (kind === 'ESTABLISHED') {
			this.connected.set(cid!, login);
		} else if (kind === 'CONNECT' || kind === 'REAUTH') {
			this.logins.push(login);
			const verdict = this.options.authenticate?.(login) ?? { accept: [] };
			void this.answer(login, verdict);
		}
	}
}
