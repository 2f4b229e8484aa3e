/**
 * What openvpn says by itself on its management interface (management-notes.txt, "real-time messages").
 * A line that starts with `>` and is not known, or not well formed, is `other`.
 */
export type Notice =
	| { readonly type: 'greeting'; readonly version: number }
	| { readonly type: 'hold' }
	| { readonly type: 'password-needed'; readonly realm: string }
	| {
			readonly type: 'password-refused';
			readonly realm: string;
			/** The server's own words. */
			readonly reason?: string;
	  }
	| {
			readonly type: 'state';
			/** Openvpn's own clock, in seconds. */
			readonly at: number;
			readonly name: string;
			/** Why, for RECONNECTING and EXITING; how well, for CONNECTED. */
			readonly detail: string;
			readonly remoteHost: string;
			readonly remotePort: string;
			/** The device's own address of the connection, where openvpn tells it. */
			readonly localHost: string;
			/** Its port there; empty over UDP. */
			readonly localPort: string;
	  }
	| { readonly type: 'log'; readonly flags: string; readonly text: string }
	| { readonly type: 'echo'; readonly at: number; readonly text: string }
	| {
			readonly type: 'bytecount';
			readonly bytesIn: number;
			readonly bytesOut: number;
	  }
	| {
			readonly type: 'notify';
			readonly name: string;
			readonly message: string;
	  }
	| { readonly type: 'fatal'; readonly text: string }
	| { readonly type: 'other'; readonly text: string };

/** Whether a line is said by itself, rather than part of an answer to a command. */
export function isNotice(line: string): boolean {
	return line.startsWith('>');
}

/** The first `count` fields between commas, and the rest as one; missing ones are empty. */
function fields(text: string, count: number): string[] {
	const found: string[] = [];
	let start = 0;
	while (found.length < count) {
		const comma = text.indexOf(',', start);
		if (comma === -1) {
			break;
		}
		found.push(text.slice(start, comma));
		start = comma + 1;
	}
	found.push(text.slice(start));
	while (found.length <= count) {
		found.push('');
	}
	return found;
}

function parsePassword(text: string): Notice | undefined {
	const needed = /^Need '([^']*)' /.exec(text);
	if (needed) {
		return { type: 'password-needed', realm: needed[1]! };
	}
	// The reason may itself hold quotes and brackets: only the outermost are openvpn's.
	const refused = /^Verification Failed: '([^']*)'(?: \['(.*)'\])?$/.exec(text);
	return refused
		? { type: 'password-refused', realm: refused[1]!, reason: refused[2] }
		: undefined;
}

/** The text of a state, as in `>STATE:` and in the answer to `state`. */
export function parseState(
	text: string,
): Extract<Notice, { type: 'state' }> | undefined {
	const [at, name, detail, , remoteHost, remotePort, localHost, localPort] =
		fields(text, 8);
	return /^\d{1,15}$/.test(at!) && /^[A-Z_]+$/.test(name!)
		? {
				type: 'state',
				at: Number(at),
				name: name!,
				detail: detail!,
				remoteHost: remoteHost!,
				remotePort: remotePort!,
				localHost: localHost!,
				localPort: localPort!,
			}
		: undefined;
}

/** The text of an echo, as in `>ECHO:` and in the answer to `echo all`. */
export function parseEcho(
	text: string,
): Extract<Notice, { type: 'echo' }> | undefined {
	const [at, said] = fields(text, 1);
	return /^\d{1,15}$/.test(at!)
		? { type: 'echo', at: Number(at), text: said! }
		: undefined;
}

const parsers: Record<string, (text: string) => Notice | undefined> = {
	INFO: (text) => {
		const found = /^OpenVPN Management Interface Version (\d{1,4}) /.exec(text);
		return found ? { type: 'greeting', version: Number(found[1]) } : undefined;
	},
	HOLD: () => ({ type: 'hold' }),
	PASSWORD: parsePassword,
	STATE: parseState,
	ECHO: parseEcho,
	LOG: (text) => {
		const [at, flags, said] = fields(text, 2);
		return /^\d+$/.test(at!)
			? { type: 'log', flags: flags!, text: said! }
			: undefined;
	},
	BYTECOUNT: (text) => {
		const found = /^(\d{1,20}),(\d{1,20})$/.exec(text);
		return found
			? {
					type: 'bytecount',
					bytesIn: Number(found[1]),
					bytesOut: Number(found[2]),
				}
			: undefined;
	},
	NOTIFY: (text) => {
		const [, name, message] = fields(text, 2);
		return name ? { type: 'notify', name, message: message! } : undefined;
	},
	FATAL: (text) => ({ type: 'fatal', text }),
};

/** Reads a line for which {@link isNotice} holds. */
export function parseNotice(line: string): Notice {
	const colon = line.indexOf(':');
	const name = colon === -1 ? '' : line.slice(1, colon);
	const parse = Object.hasOwn(parsers, name) ? parsers[name] : undefined;
	return parse?.(line.slice(colon + 1)) ?? { type: 'other', text: line };
}
