import type { KeySource } from '../../agent/key.js';
import { toError } from '../../errors.js';
import { findings, type Finding } from './finding.js';

const KEY_ADVICE =
	"Write the device's key to the file that --key-file names, readable by the agent's user alone.";

/** Reads the device's key as the agent would. */
export async function keyFrom(
	source: KeySource | undefined,
): Promise<{ key?: string; found: Finding[] }> {
	if (typeof source !== 'function') {
		return { key: source, found: [] };
	}
	const file = findings('key');
	try {
		const key = await source();
		return key
			? { key, found: [file.ok('The key file can be read.')] }
			: { found: [file.failure('The key file is empty.', KEY_ADVICE)] };
	} catch (thrown) {
		const { message } = toError(thrown);
		return {
			found: [
				file.failure(`The key file cannot be read: ${message}.`, KEY_ADVICE),
			],
		};
	}
}
