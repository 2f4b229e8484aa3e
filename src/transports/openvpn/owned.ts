import { toError } from '../../errors.js';
import { DialError, outcome } from '../../outcome.js';
import type {
	DialRequest,
	Link,
	NodeAddress,
	TransportName,
} from '../../transport.js';

import { classifyExhaustion } from '../native/system-error.js';
import { compose } from './composition.js';
import { configurationProblems } from './config-check.js';
import { parseConfiguration } from './configuration.js';
import { nameOf } from './common-options.js';
import {
	loadConfiguration,
	type LoadedConfiguration,
} from './load-configuration.js';
import {
	checkOwned,
	type OwnedOpenvpnOptions,
	type OwnedSettings,
} from './owned-options.js';
import { sweepLeftovers } from './leftovers.js';
import { namedDevice, otherOpenvpn } from './other-openvpn.js';
import { OwnedAttempt } from './owned-attempt.js';
import { probe } from './probe.js';
import { proxyFor, type Proxy } from './proxy.js';
import { credentialsProblem } from './quote.js';
import { configuredRemotes } from './remotes.js';
import { SilentNode } from './silent-node.js';
import { resolveNode, systemLookup, type Lookup } from './resolve.js';

/** The time for the connect is shared out among the addresses that are left, but each gets this much. */
const SHORTEST_SHARE_MS = 1000;

/** More of what is wrong with a configuration is not told at once. */
const MOST_PROBLEMS = 3;

/** An openvpn that the agent runs. */
export class OwnedOpenvpn {
	readonly name: TransportName;
	#remotesTried = 0;
	readonly #silent = new SilentNode();

	readonly #options: OwnedOpenvpnOptions;
	readonly #lookUp: Lookup;

	constructor(options: OwnedOpenvpnOptions, lookUp: Lookup = systemLookup) {
		this.#options = options;
		this.#lookUp = lookUp;

		this.name = nameOf(options);
	}

	async dial(request: DialRequest): Promise<Link> {
		const { signal, device, runtime } = request;
		signal.throwIfAborted();
		const settings = checkOwned(this.#options);
		const problem = credentialsProblem(device.uuid, device.key);
		if (problem !== undefined) {
			throw new DialError(outcome('key-unavailable', problem));
		}
		const config = this.#load(settings);
		checkConfiguration(settings, config);
		const node = this.#chooseNode(request, config);
		await sweepLeftovers(runtime.clock);
		await this.#checkAlone(settings, config);
		const proxy = chooseProxy(settings, config, node);
		const startMs = runtime.clock.monotonicMs();
		const { deadlineMs: wholeMs, connectDeadlineMs = wholeMs } = request;
		const first = proxy ? { ...proxy, name: proxy.host } : node;
		return await this.#inTurn(request, first, (address, left) => {
			const tookMs = runtime.clock.monotonicMs() - startMs;
			const deadlineMs = Math.max(SHORTEST_SHARE_MS, wholeMs - tookMs);
			const target = proxy
				? { address: node.host, proxy: { ...proxy, host: address } }
				: { address, proxy: undefined };
			return new OwnedAttempt({
				transport: this.name,
				protocol: settings.protocol,
				node: node.name,
				proxy: proxy && `${proxy.host}:${proxy.port}`,
				// Through a proxy openvpn tells the proxy's.
				dialled: proxy ? undefined : { host: address, port: node.port },
				binary: settings.binary,
				compose: (managementSocket) =>
					compose({
						...settings,
						...target,
						config: config?.text,
						directory: config?.directory,
						servername:
							settings.servername ?? node.host.replace(/^\[(.*)\]$/, '$1'),
						port: node.port,
						managementSocket,
						deadlineMs,
						livenessMs: request.livenessMs,
					}),
				credentials: { uuid: device.uuid, key: device.key! },
				livenessMs: this.#silent.livenessMs(request.livenessMs),
				silence: this.#silent.listener(node.name, request),
				clock: runtime.clock,
				warn: request.warn,
				onConnected: request.onConnected,
			}).dial({
				connectDeadlineMs: Math.max(
					SHORTEST_SHARE_MS,
					(connectDeadlineMs - tookMs) / left,
				),
				deadlineMs,
				signal,
			});
		});
	}

	async probe(request: DialRequest): Promise<void> {
		const { signal, runtime } = request;
		const deadlineMs = request.connectDeadlineMs ?? request.deadlineMs;
		const settings = checkOwned(this.#options);
		const config = this.#load(settings);
		const node = this.#chooseNode(request, config);
		if (chooseProxy(settings, config, node)) {
			throw new DialError(
				outcome('transport-failed', 'a way through a proxy is not probed'),
			);
		}
		if (
			parseConfiguration(
				[config?.text ?? '', ...settings.directives].join('\n'),
			).directives.some(({ name }) => /^tls-(?:auth|crypt)/.test(name))
		) {
			throw new DialError(
				outcome(
					'transport-failed',
					'a server with tls-auth or tls-crypt does not answer a probe',
				),
			);
		}
		await this.#inTurn(request, node, (address, left) =>
			probe({
				protocol: settings.protocol,
				address,
				port: node.port,
				node: node.name,
				deadlineMs: deadlineMs / left,
				signal,
				runtime,
			}),
		);
	}

	/** Another openvpn with the same link would be cut off by ours, and ours would fail on the device. */
	async #checkAlone(
		{ directives }: OwnedSettings,
		config: LoadedConfiguration | undefined,
	): Promise<void> {
		const all = [config?.text ?? '', ...directives].join('\n');
		const device = namedDevice(parseConfiguration(all).directives);
		const other = await otherOpenvpn(device, config?.file);
		if (other !== undefined) {
			const link = device ?? config!.file!;
			throw new DialError(
				outcome(
					'openvpn-busy',
					`${other} already has this device's link (${link}), which an attempt would cut: stop and disable it, or attach to it`,
				),
			);
		}
	}

	/** One address of the node after the other, while nobody is there at all. */
	async #inTurn<T>(
		request: DialRequest,
		node: NodeAddress,
		attempt: (address: string, left: number) => Promise<T>,
	): Promise<T> {
		const addresses = await resolveNode(node, this.#lookUp, {
			clock: request.runtime.clock,
			deadlineMs: request.connectDeadlineMs ?? request.deadlineMs,
			signal: request.signal,
		});
		for (const [index, address] of addresses.entries()) {
			const left = addresses.length - index;
			try {
				return await attempt(address, left);
			} catch (error) {
				const isNobody =
					error instanceof DialError && error.outcome.kind === 'unreachable';
				if (!isNobody || left === 1) {
					this.#remotesTried += 1;
					throw error;
				}
			}
		}
		throw new DialError(outcome('dns-failed', `${node.host} has no address`));
	}

	#load(settings: OwnedSettings): LoadedConfiguration | undefined {
		if (settings.config === undefined) {
			return undefined;
		}
		try {
			return loadConfiguration(settings.config);
		} catch (thrown) {
			const cause = toError(thrown);
			throw new DialError(
				classifyExhaustion(cause, 'the openvpn configuration') ??
					outcome(
						'openvpn-failed',
						`the openvpn configuration cannot be read: ${cause.message}`,
						{ cause },
					),
			);
		}
	}

	#remotes(config: LoadedConfiguration | undefined): string[] {
		if (!config) {
			return [];
		}
		const fitting = configuredRemotes(
			config.text,
			this.#options.protocol ?? 'tcp',
		);
		return fitting.length > 0 ? fitting : configuredRemotes(config.text);
	}

	/** The node that the agent chose, else the configuration's remotes, the next one after a failure. */
	#chooseNode(
		request: DialRequest,
		config: LoadedConfiguration | undefined,
	): NodeAddress {
		if (request.node) {
			return request.node;
		}
		const remotes = this.#remotes(config);
		const name = remotes[this.#remotesTried % Math.max(1, remotes.length)];
		if (name === undefined) {
			throw new DialError(
				outcome(
					'openvpn-failed',
					'there is no node to dial: give `nodes`, or a `config` with a remote',
				),
			);
		}
		const colon = name.lastIndexOf(':');
		return {
			name,
			host: name.slice(0, colon),
			port: Number(name.slice(colon + 1)),
		};
	}
}

/** What keeps openvpn from starting, said before it is started. */
function checkConfiguration(
	{ directives, ca }: OwnedSettings,
	config: LoadedConfiguration | undefined,
): void {
	const problems = configurationProblems({
		config: config?.text,
		directory: config?.directory,
		directives,
		ca,
	});
	if (problems.length > 0) {
		throw new DialError(
			outcome(
				'openvpn-failed',
				`openvpn would not start: ${problems.slice(0, MOST_PROBLEMS).join('; ')}`,
			),
		);
	}
}

/** The option's proxy; else the configuration's own, which openvpn reads itself; else the environment's. */
function chooseProxy(
	{ protocol, proxy }: OwnedSettings,
	config: LoadedConfiguration | undefined,
	node: NodeAddress,
): Proxy | undefined {
	const hasOwn =
		proxy === undefined &&
		parseConfiguration(config?.text ?? '').directives.some(({ name }) =>
			/^(?:http|socks)-proxy$/.test(name),
		);
	return protocol === 'udp' || hasOwn ? undefined : proxyFor(node, proxy);
}
