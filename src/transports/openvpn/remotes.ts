import { parseConfiguration, type Directive } from './configuration.js';

/** A `remote` of a configuration. */
interface Remote {
	/** `host:port` */
	readonly node: string;
	/** Undefined where neither the line nor a `proto` says it; openvpn then takes UDP. */
	readonly protocol: 'tcp' | 'udp' | undefined;
}

function protocolOf(word: string | undefined): 'tcp' | 'udp' | undefined {
	return /^(tcp|udp)/.exec(word ?? '')?.[1] as 'tcp' | 'udp' | undefined;
}

/** What is said for remotes that do not say it themselves; the last word counts. */
type Defaults = ReadonlyMap<string, string | undefined>;

function defaultsOf(
	directives: readonly Directive[],
	outer: Defaults = new Map(),
): Defaults {
	const own = directives.filter(({ name }) =>
		['port', 'rport', 'proto'].includes(name),
	);
	return new Map([
		...outer,
		...own.map(({ name, words }) => [name, words[0]] as const),
	]);
}

function remotesOf(config: string): Remote[] {
	const { directives } = parseConfiguration(config);
	const defaults = defaultsOf(directives);
	return directives.flatMap((directive) => {
		if (directive.name === 'connection') {
			const inside = parseConfiguration(directive.block ?? '').directives;
			const nearer = defaultsOf(inside, defaults);
			return inside.flatMap((one) => remoteOf(one, nearer));
		}
		return remoteOf(directive, defaults);
	});
}

function remoteOf({ name, words }: Directive, defaults: Defaults): Remote[] {
	const [host, port, proto] = words;
	if (name !== 'remote' || host === undefined) {
		return [];
	}
	const otherwise = defaults.get('rport') ?? defaults.get('port') ?? '1194';
	const shownHost = host.includes(':') ? `[${host}]` : host;
	return [
		{
			node: `${shownHost}:${/^\d+$/.test(port ?? '') ? port : otherwise}`,
			protocol: protocolOf(proto) ?? protocolOf(defaults.get('proto')),
		},
	];
}

/**
 * `host:port` of each `remote`, also inside `<connection>`; a remote without a port has `port`, or 1194. With a
 * protocol only of those that are for it, or do not say.
 */
export function configuredRemotes(
	config: string,
	protocol?: 'tcp' | 'udp',
): string[] {
	return remotesOf(config)
		.filter(
			(remote) =>
				protocol === undefined ||
				remote.protocol === undefined ||
				remote.protocol === protocol,
		)
		.map(({ node }) => node);
}

/**
 * The protocols of a configuration's remotes, in their order: a cloud that prefers UDP names a `remote HOST 443 udp` first
 * and a `remote HOST 443 tcp` after it.
 */
export function configuredProtocols(config: string): Array<'tcp' | 'udp'> {
	return [
		...new Set(remotesOf(config).map(({ protocol }) => protocol ?? 'udp')),
	];
}
