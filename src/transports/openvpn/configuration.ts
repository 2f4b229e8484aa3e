import { existsSync } from 'node:fs';

/** One line of an openvpn configuration, or an inline block (`<ca>...</ca>`) as a whole. */
export interface Directive {
	readonly name: string;
	/** As in the file; for a block with its content. */
	readonly text: string;
	readonly inline: boolean;
}

/** What is decided by the agent, and a directive of the configuration therefore loses. */
export interface ReplacedDirective {
	readonly directive: string;
	readonly why: string;
}

/** Longer configurations are not read; the ones that the cloud hands out have some 3 KiB. */
export const LONGEST_CONFIGURATION = 1024 * 1024;

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

const REPLACED = new Map<string, string>([
	...[
		'remote',
		'remote-random',
		'remote-random-hostname',
		'connection',
		'port',
		'rport',
		'proto',
		'proto-force',
	].map((name) => [name, WHERE] as const),
	...[
		'connect-retry',
		'connect-retry-max',
		'connect-timeout',
		'server-poll-timeout',
		'hand-window',
		'resolv-retry',
		'remap-usr1',
	].map((name) => [name, WHEN] as const),
	...['auth-user-pass', 'auth-retry', 'auth-nocache'].map(
		(name) => [name, KEY] as const,
	),
	...['user', 'group'].map((name) => [name, USER] as const),
	...['keepalive', 'ping', 'ping-exit', 'ping-restart', 'ping-timer-rem'].map(
		(name) => [name, ALIVE] as const,
	),
	...[
		'daemon',
		'inetd',
		'log',
		'log-append',
		'syslog',
		'verb',
		'mute',
		'errors-to-stderr',
	].map((name) => [name, PARENT] as const),
]);

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
	{ name, text }: Directive,
	isThere: (program: string) => boolean,
): boolean {
	if (!SCRIPTS.has(name)) {
		return false;
	}
	const command = text
		.slice(text.search(/\s/))
		.trim()
		.replace(/^["']+/, '');
	const program = /^\/[^\s"']*/.exec(command)?.[0];
	return program !== undefined && !isThere(program);
}

/** Reads a configuration: comments and empty lines are left out, inline blocks are kept together. */
export function parseConfiguration(text: string): Directive[] {
	const found: Directive[] = [];
	const lines = text.split(/\r?\n/);
	for (let at = 0; at < lines.length; at++) {
		const line = lines[at]!.trim();
		if (line === '' || line.startsWith('#') || line.startsWith(';')) {
			continue;
		}
		const block = /^<([^/>\s]+)>$/.exec(line)?.[1];
		if (block === undefined) {
			const name = line.split(/\s/, 1)[0]!.replace(/^--/, '');
			found.push({ name, text: line, inline: false });
			continue;
		}
		const end = lines.findIndex(
			(candidate, index) => index > at && candidate.trim() === `</${block}>`,
		);
		const last = end === -1 ? lines.length - 1 : end;
		found.push({
			name: block,
			text: lines.slice(at, last + 1).join('\n'),
			inline: true,
		});
		at = last;
	}
	return found;
}

/** Every directive of a configuration that the agent replaces by its own, and why: for `doctor`. */
export function replacedDirectives(
	config: string,
	protocol: 'tcp' | 'udp' = 'tcp',
	isThere: (program: string) => boolean = existsSync,
): ReplacedDirective[] {
	return parseConfiguration(config).flatMap((directive) => {
		const why =
			whyReplaced(directive.name, protocol) ??
			(isMissingScript(directive, isThere) ? MISSING : undefined);
		return why === undefined ? [] : [{ directive: shown(directive), why }];
	});
}

/** Never the content of a block, which may be a secret. */
function shown({ name, text, inline }: Directive): string {
	return inline ? `<${name}>` : text;
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

/** `host:port` of each `remote`, also inside `<connection>`; a remote without a port has `port`, or 1194. */
export function configuredRemotes(config: string): string[] {
	const directives = parseConfiguration(config).flatMap((directive) =>
		directive.name === 'connection'
			? parseConfiguration(directive.text.split('\n').slice(1, -1).join('\n'))
			: [directive],
	);
	const argument = (name: string) =>
		directives
			.findLast((directive) => directive.name === name)
			?.text.split(/\s+/)[1];
	const otherwise = argument('rport') ?? argument('port') ?? '1194';
	return directives
		.filter(({ name }) => name === 'remote')
		.map(({ text }) => text.split(/\s+/))
		.filter((words) => words[1] !== undefined)
		.map(([, host, port]) => {
			const shownHost = host!.includes(':') ? `[${host}]` : host!;
			return `${shownHost}:${/^\d+$/.test(port ?? '') ? port : otherwise}`;
		});
}
