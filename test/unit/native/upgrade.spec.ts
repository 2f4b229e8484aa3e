import { expect } from 'chai';
import { PassThrough } from 'node:stream';

import { DialError } from '../../../src/outcome.js';
import { upgrade } from '../../../src/transports/native/upgrade.js';
import { dialRequest } from '../../support/dial.js';

const attempt = async (signal: AbortSignal) => {
	const socket = new PassThrough();
	const request = {
		...dialRequest('127.0.0.1:443'),
		device: { uuid: 'a1b2c3' },
	};
	const thrown = await upgrade(
		{ socket, request, secure: true, signal },
		() => undefined,
	).catch((error: unknown) => error);
	return { socket, thrown };
};

describe('an upgrade that cannot begin', () => {
	it('without a key says so, and leaves no socket behind', async () => {
		const { socket, thrown } = await attempt(new AbortController().signal);
		expect(thrown).to.be.instanceOf(DialError);
		expect((thrown as DialError).outcome.code).to.equal('key-unavailable');
		expect(socket.destroyed).to.equal(true);
	});

	it('after an abort rejects with its reason, and leaves no socket behind', async () => {
		const reason = new Error('stopped');
		const { socket, thrown } = await attempt(AbortSignal.abort(reason));
		expect(thrown).to.equal(reason);
		expect(socket.destroyed).to.equal(true);
	});
});
