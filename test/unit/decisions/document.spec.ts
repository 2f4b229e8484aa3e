import { expect } from 'chai';

import {
	createDecisions,
	decide,
	readDocument,
	writeDocument,
	type DecisionEvent,
	type DecisionState,
} from '../../../src/decisions/index.js';
import { nodeChoice, parseNodes } from '../../../src/nodes/index.js';
import { outcome } from '../../../src/outcome.js';
import { resolvePacing } from '../../../src/pacing/index.js';
import { seededRandom } from '../../../src/testing/seeded-random.js';

const OPTIONS = {
	uuid: 'device-0001',
	nodeChoice,
	nodes: parseNodes(['192.0.2.1:443', '192.0.2.2:443']),
	transports: [{ name: 'websocket' }],
	returnAfterMs: 300_000,
	standbyMs: 30_000,
	connectDeadlineMs: 10_000,
	pacing: resolvePacing({}),
};
const NOW_MS = 60_000;
const SLOT_MS = 900_000;

const random = seededRandom(12);
const tell = (state: DecisionState, event: DecisionEvent, nowMs = NOW_MS) =>
	decide(state, event, { nowMs, random });

/** What a device wrote down that was given a place in a node's queue. */
function writtenInQueue(): Record<string, unknown> {
	const begun = tell(createDecisions(OPTIONS), { type: 'start' });
	const { state, dial } = tell(begun.state, { type: 'due' });
	const throttled = outcome('http-429', 'Come later.', {
		hint: { retryAfterMs: SLOT_MS },
	});
	const failed = tell(state, {
		type: 'attempt-failed',
		dial: dial!,
		outcome: throttled,
	});
	return { ...writeDocument(failed.state, NOW_MS) };
}

const firstWait = (document: unknown, options = OPTIONS) => {
	const { state, unused } = readDocument(options, document, 0);
	return { ...tell(state, { type: 'start' }, 0).wait!, unused };
};

describe('the state document', () => {
	it('takes a wait that a node asked for into the next life', () => {
		const { delayMs, law, unused } = firstWait(writtenInQueue());
		expect([law, unused]).to.deep.equal(['memory', undefined]);
		expect(delayMs).to.be.at.least(SLOT_MS);
	});

	it('is none for another device: a golden image gives no fleet one wait', () => {
		const other = { ...OPTIONS, uuid: 'device-0002' };
		const { delayMs, unused } = firstWait(writtenInQueue(), other);
		expect(unused).to.equal('It belongs to another device.');
		expect(delayMs).to.be.at.most(OPTIONS.pacing.startSpreadMs);
	});

	it('is taken from the format before, which named no device', () => {
		const { uuid: _, ...rest } = writtenInQueue();
		const { delayMs } = firstWait({ ...rest, version: 1 });
		expect(delayMs).to.be.at.least(SLOT_MS);
	});

	const later = writtenInQueue();
	for (const [what, change] of [
		['a later version', { version: 3 }],
		['a section that is not known', { weather: { rain: true } }],
		[
			'a law that is not known',
			{ pacing: { ...(later.pacing as object), law: 'telepathy' } },
		],
		['a selection that is none', { selection: 'websocket' }],
		['nodes that are none', { nodes: 7 }],
		['a node that is none', { node: { host: 'a' } }],
	] as const) {
		it(`loses no slot over ${what}`, () => {
			const { delayMs } = firstWait({ ...later, ...change });
			expect(delayMs).to.be.at.least(SLOT_MS);
		});
	}

	for (const document of ['text', null, 7, {}, { version: 0 }, []]) {
		it(`says that it is not used where it is ${JSON.stringify(document)}`, () => {
			const { delayMs, unused } = firstWait(document);
			expect(unused).to.equal('It is not a state document of this package.');
			expect(delayMs).to.be.at.most(OPTIONS.pacing.startSpreadMs);
		});
	}
});
