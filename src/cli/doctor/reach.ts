import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import { explain, toError } from '../../errors.js';
import { outcome, type Outcome } from '../../outcome.js';
import { systemClock, type Clock } from '../../runtime/index.js';
import type { NodeAddress } from '../../transport.js';
import { adviceFor } from './advice.js';
import { bounded } from './bounded.js';
import { checkCertificate } from './certificate.js';
import { findings, type Finding } from './finding.js';

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
		const seen =
			code === 'ECONNRESET'
				? `${host} takes connections to port ${port}, and resets them at once.`
				: `${host} cannot be reached on port ${port}: ${code === 'ETIMEDOUT' ? message : code}.`;
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
