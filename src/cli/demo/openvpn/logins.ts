/** A device that asks to be let in. */
export interface Login {
	readonly cid: string;
	readonly kid: string;
	readonly uuid: string;
	readonly key: string;
}

/** What openvpn says of one client: what happened, the client's id and its key's, and its environment. */
interface ClientNotice {
	readonly head: readonly string[];
	readonly env: ReadonlyMap<string, string>;
}

export interface LoginListener {
	/** A device asks to be let in, or to be let in again. */
	onLogin(login: Login): void;
	onConnected(login: Login): void;
	onGone(cid: string): void;
}

/** Reads the notices about clients: `>CLIENT:CONNECT,CID,KID`, then `>CLIENT:ENV,name=value` lines up to `>CLIENT:ENV,END`. */
export class LoginReader {
	readonly #listener: LoginListener;
	#open: { head: string[]; env: Map<string, string> } | undefined;

	constructor(listener: LoginListener) {
		this.#listener = listener;
	}

	read(line: string): void {
		const [, kind, rest = ''] = /^>CLIENT:(\w+),(.*)$/.exec(line) ?? [];
		if (kind === undefined) {
			return;
		}
		if (kind !== 'ENV') {
			this.#open = { head: [kind, ...rest.split(',')], env: new Map() };
		} else if (rest !== 'END') {
			const at = rest.indexOf('=');
			this.#open?.env.set(rest.slice(0, at), rest.slice(at + 1));
		} else if (this.#open) {
			this.#tell(this.#open);
			this.#open = undefined;
		}
	}

	#tell({ head, env }: ClientNotice): void {
		const [kind, cid = '', kid = ''] = head;
		const login: Login = {
			cid,
			kid,
			uuid: env.get('username') ?? '',
			key: env.get('password') ?? '',
		};
		if (kind === 'DISCONNECT') {
			this.#listener.onGone(cid);
		} else if (kind === 'ESTABLISHED') {
			this.#listener.onConnected(login);
		} else if (kind === 'CONNECT' || kind === 'REAUTH') {
			this.#listener.onLogin(login);
		}
	}
}
