import type { Notice } from './management-line.js';

type EchoNotice = Extract<Notice, { type: 'echo' }>;
type StateNotice = Extract<Notice, { type: 'state' }>;

/**
 * The echoes that came with the connect that now holds, out of all that openvpn remembers: it keeps those of earlier
 * connects, and what the operator has removed since must not be taken for told. Openvpn dates both by the second.
 */
export function echoesOfConnect(
	echoes: readonly EchoNotice[],
	states: readonly StateNotice[],
): EchoNotice[] {
	const began = states.findLast(
		({ name }) => name === 'WAIT' || name === 'AUTH' || name === 'GET_CONFIG',
	);
	const latest = began ? echoes.filter(({ at }) => at >= began.at) : echoes;
	return latest.filter(({ at }) => at === latest.at(-1)?.at);
}
