import { toError } from '../../errors.js';
import type { CarrierFault, MockCloudlink } from '../../testing/index.js';

export const HELP =
	'crash N, restart N, drain N [SECONDS], fault N tcp|udp WORD|none, stats';

/** Does what a line says to the mock; resolves with what to print about it, never rejects. */
export async function obey(mock: MockCloudlink, line: string): Promise<string> {
	const [verb = '', ...rest] = line.trim().split(/\s+/);
	try {
		switch (verb) {
			case '':
				return '';
			case 'stats':
				return JSON.stringify(mock.stats());
			case 'crash':
				await mock.crash(node(rest[0]));
				return `Node ${rest[0]} has crashed.`;
			case 'restart':
				await mock.restart(node(rest[0]));
				return `Node ${rest[0]} is up.`;
			case 'drain':
				return await drain(mock, rest);
			case 'fault':
				return await fault(mock, rest);
			default:
				return `Commands: ${HELP}.`;
		}
	} catch (error) {
		return toError(error).message;
	}
}

async function drain(
	mock: MockCloudlink,
	[index, seconds = '30']: string[],
): Promise<string> {
	await mock.drain(node(index), { deadlineMs: Number(seconds) * 1000 });
	return `Node ${index} drains for ${seconds} s.`;
}

async function fault(
	mock: MockCloudlink,
	[index, carrier = '', word = '']: string[],
): Promise<string> {
	const value = word === 'none' ? null : (word as CarrierFault);
	await mock.setFault(node(index), { [carrier]: value });
	return value === null
		? `Node ${index}: ${carrier} is well again.`
		: `Node ${index}: ${carrier} is ${word}.`;
}

const node = (text = '') => (/^\d+$/.test(text) ? Number(text) : NaN);
