import type { DialRequest } from '../../transport.js';
import type { StatusReply } from '../../telemetry/server.js';
import type { Flags } from '../settings/types.js';
import { findings, type Finding } from './finding.js';

const key = findings('key');

/** Whether attempts are made in the device's own name, and if not, why. */
export interface OwnName {
	readonly device?: DialRequest['device'];
	readonly found: readonly Finding[];
}

/**
 * Only an attempt in the device's own name shows whether its key is accepted. It is not made where the agent has shown it
 * already, or where the node has asked for patience: one attempt more would be one too many.
 */
export function ownName(
	{ anonymous, authenticate }: Flags,
	device: { readonly uuid?: string; readonly key?: string },
	status: StatusReply | undefined,
): OwnName {
	const { uuid, key: own } = device;
	if (anonymous === true || uuid === undefined || own === undefined) {
		return { found: [] };
	}
	const known = { device: { uuid, key: own }, found: [] };
	if (authenticate === true) {
		return known;
	}
	if (status?.link) {
		return {
			found: [
				key.ok(
					'The node accepts this device: its agent has a link, which is left alone.',
				),
			],
		};
	}
	const last = status?.waiting && status.lastOutcome?.kind;
	return last === 'throttled' || last === 'overloaded'
		? {
				found: [
					key.note(
						'Not tried: the node has no place right now, and the agent waits for its turn.',
						'--authenticate tries it all the same.',
					),
				],
			}
		: known;
}
