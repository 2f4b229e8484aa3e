import type { HealthAddress } from '../../telemetry/address.js';
import type { StatusReply } from '../../telemetry/server.js';
import { askAgent, replyWith } from './request.js';

/** Asks the running agent how it is; rejects where none answers. */
export async function fetchStatus(
	address: HealthAddress,
): Promise<StatusReply> {
	const { body } = await askAgent(address, 'GET', '/status');
	const reply = replyWith<StatusReply>(body, 'state', 'ready', 'health');
	if (!reply) {
		throw new Error('the answer is not from cloudlink-agent');
	}
	return reply;
}

const ADVICE: Readonly<Record<string, string>> = {
	EACCES: 'Ask as root, or as the user that runs it.',
};

/** What to say when no agent answers. */
export function noAgent(
	address: HealthAddress,
	{ code, message }: Error & { code?: string },
	flag = '--health',
): string {
	const where =
		'path' in address ? address.path : `${address.host}:${address.port}`;
	return `No agent answers on ${where} (${message}). ${ADVICE[code ?? ''] ?? `Start one with \`cloudlink-agent run\`, or name its place with ${flag}.`}`;
}
