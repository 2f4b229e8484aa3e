import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { isIP } from 'node:net';

import { explain, toError } from '../../errors.js';
import {
	parseNodes,
	resolveNodes,
	type NodeEntry,
	type ResolveOptions,
} from '../../nodes/index.js';
import { outcome, type Outcome } from '../../outcome.js';
import { systemClock, wait, type Clock } from '../../runtime/index.js';
import type { NodeAddress } from '../../transport.js';
import { adviceFor } from './advice.js';
import { checkCertificate } from './certificate.js';
import { CHECK_TIMEOUT_MS, findings, type Finding } from './finding.js';

/** Rejects with ETIMEDOUT when the work takes longer than a check may. */
async function bounded<T>(
	clock: Clock,
	work: Promise<T>,
	onTimeout?: () => void,
): Promise<T> {
	const done = new AbortController();
	const late = wait(clock, CHECK_TIMEOUT_MS, done.signal).then(() => {
		onTimeout?.();
		throw Object.assign(
			new Error(`no answer within ${CHECK_TIMEOUT_MS / 1000} s`),
			{ code: 'ETIMEDOUT' },
		);
	});
	try {
		return await Promise.race([work, late]);
	} finally {
		late.catch(() => undefined);
		done.abort();
	}
}

export async function checkDns(
	{ host }: NodeAddress,
	clock: Clock = systemClock,
): Promise<Finding> {
	const finding = findings('DNS');
	if (isIP(host)) {
		return finding.ok(`${host} is an address: no name has to be looked up.`);
	}
	const startMs = clock.monotonicMs();
	try {
		const found = await bounded(clock, lookup(host, { all: true }));
		const took = Math.round(clock.monotonicMs() - startMs);
		return finding.ok(
			`${host} is ${found.map(({ address }) => address).join(', ')} (${took} ms).`,
		);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return finding.failure(
			`${host} cannot be looked up (${code ?? message}).`,
			adviceFor(outcome('dns-failed', '')),
		);
	}
}

/** Asks for the nodes of a service: the name itself is never dialled. */
export async function findService(
	entry: NodeEntry,
	options: ResolveOptions = { clock: systemClock },
): Promise<{ finding: Finding; nodes: readonly NodeEntry[] }> {
	const finding = findings('DNS');
	const { found, failures } = await resolveNodes([entry], options);
	const names = (found[entry.name] ?? []).map(({ name }) => name);
	return names.length > 0
		? {
				finding: finding.ok(`${entry.name} lists ${names.join(', ')}.`),
				nodes: parseNodes(names),
			}
		: {
				finding: finding.failure(
					`${entry.name} lists no node (${failures[0]!.cause.message}).`,
					'Publish SRV records there (RFC 2782) whose targets have addresses, or name a node by host:port.',
				),
				nodes: [],
			};
}

function opened(socket: Socket, event: string): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once(event, () => {
			resolve();
		});
		socket.once('error', reject);
		socket.once('close', () => {
			reject(
				Object.assign(new Error('closed at once'), { code: 'ECONNRESET' }),
			);
		});
	});
}

/** How a connect that failed counts: as it would where the agent dials. */
function connectOutcome({ code }: NodeJS.ErrnoException): Outcome {
	switch (code) {
		case 'ECONNREFUSED':
			return outcome('connect-refused', '');
		case 'ETIMEDOUT':
			return outcome('connect-timeout', '');
		case 'ECONNRESET':
			return outcome('early-reset', '');
		default:
			return outcome('no-route', '');
	}
}

export async function checkTcp(
	{ host, port }: NodeAddress,
	clock: Clock = systemClock,
): Promise<Finding> {
	const finding = findings(`TCP ${port}`);
	const startMs = clock.monotonicMs();
	const socket = connect({ host, port });
	try {
		await bounded(clock, opened(socket, 'connect'));
		const took = Math.round(clock.monotonicMs() - startMs);
		return finding.ok(
			`${socket.remoteAddress} accepts connections (${took} ms).`,
		);
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		const seen = `${host} cannot be reached on port ${port}: ${code === 'ETIMEDOUT' ? message : code}.`;
		const ended = connectOutcome(error as NodeJS.ErrnoException);
		const { kind } = ended;
		const advice = adviceFor(ended, port);
		return kind === 'overloaded'
			? { ...finding.warning(seen, advice), kind }
			: { ...finding.failure(seen, advice), kind };
	} finally {
		socket.on('error', () => undefined);
		socket.destroy();
	}
}

/** Looks at the certificate without insisting on it, to be able to say what is wrong with it. */
export async function checkTls(
	{ host, port }: NodeAddress,
	ca: string | undefined,
	clock: Clock = systemClock,
): Promise<Finding> {
	const finding = findings('TLS');
	const socket: TLSSocket = connectTls({
		host,
		port,
		ca,
		servername: isIP(host) ? undefined : host,
		rejectUnauthorized: false,
	});
	try {
		await bounded(clock, opened(socket, 'secureConnect'));
		const problem: unknown = socket.authorizationError;
		return checkCertificate({
			host,
			certificate: socket.getPeerCertificate(),
			problem: problem ? String((problem as Error).message ?? problem) : '',
			protocol: socket.getProtocol() ?? 'TLS',
			wallMs: clock.wallMs(),
		});
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const cut = code === 'ECONNRESET' || code === 'ETIMEDOUT';
		return cut
			? finding.warning(
					`The TLS handshake did not end: ${toError(error).message}.`,
					'The node is overloaded or limits how many it accepts (the agent comes back by itself), or a firewall cuts TLS.',
				)
			: finding.failure(
					`What answers does not speak TLS: ${explain(error)}.`,
					adviceFor(outcome('not-cloudlink', '')),
				);
	} finally {
		socket.on('error', () => undefined);
		socket.destroy();
	}
}
