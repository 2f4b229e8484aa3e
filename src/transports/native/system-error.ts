import { outcome, type Outcome, type OutcomeCode } from '../../outcome.js';
import { codeOf } from './error-code.js';

type Rule = readonly [code: OutcomeCode, message: string];

const NO_WAY: Rule = ['no-route', 'There is no way to the address from here.'];
const NOT_ALLOWED: Rule = [
	'no-route',
	"This device's own firewall does not let the connection out.",
];
const EXHAUSTED: Rule = [
	'no-resources',
	'This device is out of file descriptors, memory or buffers.',
];

/** What the system itself says of a connection: nothing of it comes from the node. */
const RULES: Record<string, Rule> = {
	ENETUNREACH: NO_WAY,
	EHOSTUNREACH: NO_WAY,
	ENETDOWN: NO_WAY,
	EHOSTDOWN: NO_WAY,
	ENONET: NO_WAY,
	ENODEV: NO_WAY,
	EADDRNOTAVAIL: NO_WAY,
	EAFNOSUPPORT: NO_WAY,
	EACCES: NOT_ALLOWED,
	EPERM: NOT_ALLOWED,
	EMFILE: EXHAUSTED,
	ENFILE: EXHAUSTED,
	ENOBUFS: EXHAUSTED,
	ENOMEM: EXHAUSTED,
};

/** The outcome where this device is out of descriptors, memory or buffers; undefined for any other error. */
export function classifyExhaustion(
	error: Error,
	where: string,
): Outcome | undefined {
	return RULES[codeOf(error)] === EXHAUSTED
		? classifySystemError(error, where)
		: undefined;
}

/** The outcome of an error that this device made itself, whatever stage a dial was in; undefined for any other. */
export function classifySystemError(
	error: Error,
	where?: string,
): Outcome | undefined {
	const code = codeOf(error);
	const rule = RULES[code];
	return (
		rule &&
		outcome(
			rule[0],
			`${rule[1]} (${where === undefined ? '' : `${where}: `}${code})`,
			{ cause: error },
		)
	);
}
