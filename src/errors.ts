/**
 * Every error that leaves this package, in one table: its code, and what the reader can do about it.
 * `docs/errors.md` lists them, and a test holds the two against each other.
 */
export const ERROR_CODES = {
	ERR_CLOUDLINK_INVALID_OPTION:
		'An option is missing, unknown, or has a value that cannot be used.',
	ERR_CLOUDLINK_INVALID_CONFIG:
		"The device's configuration file cannot be read or lacks what is needed.",
	ERR_CLOUDLINK_STOPPED: 'The agent was stopped while somebody waited for it.',
	ERR_CLOUDLINK_DIAL:
		'An attempt to dial a node ended; `outcome` says how, and what it means.',
	ERR_CLOUDLINK_STATE_FILE:
		'The state file cannot be read or written; the agent goes on without its memory.',
	ERR_CLOUDLINK_SCENARIO: 'A simulator scenario cannot be used.',
	ERR_CLOUDLINK_HINT: 'A node told something that is no hint; it is ignored.',
	ERR_CLOUDLINK_LISTENER:
		"A listener of one of the agent's events threw; the agent goes on.",
	ERR_CLOUDLINK_TRANSPORT:
		'A transport broke the rules of its interface; the agent goes on.',
	ERR_CLOUDLINK_INTERNAL:
		'A rule inside the agent was broken: please report it with the message.',
} as const;

/** What tells one error from another in a program; `docs/errors.md` lists them. */
export type ErrorCode = keyof typeof ERROR_CODES;

const brand = Symbol.for('cloudlink-agent.error');

/**
 * The one class of errors that this package throws. Tell them apart by `code`, which is stable; the
 * message is for people. Two copies of the package in one process agree on `instanceof`, since the
 * check is made by a registered symbol.
 */
export class CloudlinkError extends Error {
	readonly code: ErrorCode;
	/** @internal */
	readonly [brand] = true;

	constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
		super(message, options);
		this.name = 'CloudlinkError';
		this.code = code;
		Object.defineProperty(this, brand, { enumerable: false });
	}

	/** Also true for the same error of another copy of the package. */
	static override [Symbol.hasInstance](value: unknown): boolean {
		// A subclass inherits this method; it asks for its own prototype as usual.
		if (this !== CloudlinkError) {
			return Function.prototype[Symbol.hasInstance].call(this, value);
		}
		return typeof value === 'object' && value !== null && brand in value;
	}
}

/** `40B7...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/openssl/...:355:` */
const OPENSSL = /[0-9A-F]*:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):[^\n]*/;

/** What was thrown, in words for people: of an error of OpenSSL its reason, not the whole dump. */
export function explain(thrown: unknown): string {
	return toError(thrown).message.trim().replace(OPENSSL, '$1');
}

/** Whatever was thrown, as an Error. */
export function toError(thrown: unknown): Error {
	return thrown instanceof Error ? thrown : new Error(String(thrown));
}
