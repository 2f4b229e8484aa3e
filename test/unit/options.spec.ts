import { expect } from 'chai';
import * as v from '../../src/schema.js';

import { CloudlinkError } from '../../src/errors.js';
import { checkOptions, durationMs, port } from '../../src/options.js';

const schema = v.strictObject({
	services: v.optional(v.array(v.strictObject({ port }))),
	deadlineMs: v.optional(durationMs, 10_000),
	inner: v.optional(v.strictObject({ returnAfterMs: durationMs })),
});

function messageFor(value: unknown): string {
	try {
		checkOptions(schema, value, 'Thing');
	} catch (error) {
		expect(error).to.be.instanceOf(CloudlinkError);
		expect(error).to.have.property('code', 'ERR_CLOUDLINK_INVALID_OPTION');
		return (error as Error).message;
	}
	throw new Error('accepted');
}

describe('options', () => {
	it('fills in defaults, and takes an undefined value as absent', () => {
		expect(
			checkOptions(schema, { deadlineMs: undefined }, 'Thing'),
		).to.deep.include({
			deadlineMs: 10_000,
		});
	});

	it('names the nearest right key for an unknown one, also deep inside', () => {
		expect(messageFor({ servces: [] })).to.include('did you mean `services`');
		expect(
			messageFor({ inner: { returnAfterMS: 1, returnAfter: 2 } }),
		).to.include('did you mean `returnAfterMs`');
		expect(messageFor({ services: [{ prot: 80 }] })).to.include(
			'did you mean `port`',
		);
	});

	it('says which key is missing or wrong, and never shows its value', () => {
		expect(messageFor({ inner: {} })).to.include(
			'`inner.returnAfterMs` is missing',
		);
		expect(messageFor({ deadlineMs: 'hunter2' })).to.match(
			/`deadlineMs` must be a number/,
		);
		expect(messageFor({ deadlineMs: 'hunter2' })).not.to.include('hunter2');
		expect(messageFor({ services: [{ port: 70000 }] })).to.include(
			'`services.0.port` must be a port',
		);
		expect(messageFor(null)).to.match(/Thing/);
	});
});
