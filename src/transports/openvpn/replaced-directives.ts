import { existsSync } from 'node:fs';

import { readConfigLine } from './config-line.js';
import { parseConfiguration, type Directive } from './configuration.js';

/** What is decided by the agent, and a directive of the configuration therefore loses. */
export interface ReplacedDirective {
	readonly directive: string;
	readonly why: string;
}

const WHERE = 'the agent chooses the node and the protocol';
const WHEN =
	'the agent decides when an attempt is made and how long it may take';
const KEY = 'the device key is handed over without a file';
const USER =
	'without its privileges openvpn cannot take back routes or open another tunnel device';
const ALIVE = 'the agent decides when a silent link is lost';
const MISSING =
	'the program is not here, and openvpn would not start; it is left out';
const PARENT = 'the agent runs openvpn as its child, and reads what it says';

const REPLACED = new Map<string, string>(
	(
		[
			[
				WHERE,
				'remote remote-random remote-random-hostname connection port rport proto proto-force',
			],
			[
				WHEN,
				'connect-retry connect-retry-max connect-timeout server-poll-timeout hand-window resolv-retry remap-usr1',
			],
			[KEY, 'auth-user-pass auth-retry auth-nocache'],
			[USER, 'user group'],
			[ALIVE, 'keepalive ping ping-exit ping-restart ping-timer-rem'],
			[PARENT, 'daemon inetd log log-append syslog verb mute errors-to-stderr'],
		] as const
	).flatMap(([why, names]) =>
		names.split(' ').map((name) => [name, why] as const),
	),
);

const OVER_TCP = new Map(
	['explicit-exit-notify', 'fragment'].map((name) => [
		name,
		'it exists over UDP only',
	]),
);

function whyReplaced(
	name: string,
	protocol: 'tcp' | 'udp',
): string | undefined {
	if (name.startsWith('management')) {
		return 'the agent drives openvpn through a management socket of its own';
	}
	return (
		REPLACED.get(name) ?? (protocol === 'tcp' ? OVER_TCP.get(name) : undefined)
	);
}

/** Directives that name a program, without which openvpn does not start. */
const SCRIPTS = new Set([
	'up',
	'down',
	'route-up',
	'route-pre-down',
	'ipchange',
]);

/** In a container the configuration's scripts may not be there. Only absolute paths are judged. */
function isMissingScript(
	{ name, words }: Directive,
	isThere: (program: string) => boolean,
): boolean {
	if (!SCRIPTS.has(name) || words[0] === undefined) {
		return false;
	}
	const command = readConfigLine(words[0]);
	const program = 'words' in command ? command.words[0] : undefined;
	return program?.startsWith('/') === true && !isThere(program);
}

/** Every directive of a configuration that the agent replaces by its own, and why: for `doctor`. */
export function replacedDirectives(
	config: string,
	protocol: 'tcp' | 'udp' = 'tcp',
	isThere: (program: string) => boolean = existsSync,
): ReplacedDirective[] {
	return parseConfiguration(config).directives.flatMap((directive) => {
		const why =
			whyReplaced(directive.name, protocol) ??
			(isMissingScript(directive, isThere) ? MISSING : undefined);
		return why === undefined ? [] : [{ directive: shown(directive), why }];
	});
}

/** Never the content of a block, which may be a secret. */
function shown({ name, text, block }: Directive): string {
	return block === undefined ? text : `<${name}>`;
}

/** The directives that stay. */
export function keptDirectives(
	directives: readonly Directive[],
	protocol: 'tcp' | 'udp',
	isThere: (program: string) => boolean = existsSync,
): Directive[] {
	return directives.filter(
		(directive) =>
			whyReplaced(directive.name, protocol) === undefined &&
			!isMissingScript(directive, isThere),
	);
}
